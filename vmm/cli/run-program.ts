/** Runs a program through the service with this terminal, these pipes and these signals, for `run` and `exec`. */
import { openStream } from '../client/stream.ts';
import { MvmError } from '../contract/errors.ts';
import type { InputOf } from '../contract/operations.ts';
import type { ClientControl } from '../contract/stream.ts';
import { parseEnv, parseEnvFile } from './arguments.ts';
import type { Context } from './command.ts';
import { type Begun, converse } from './converse.ts';
import { detachOption, parseKeys } from './detach-keys.ts';
import { printJson } from './output.ts';
import { readListed } from './read-listed.ts';
import { printTiming } from './timing.ts';

/** Options that `run` and `exec` share. */
export const programOptions = {
  interactive: { kind: 'flag', short: 'i', help: 'Connect stdin' },
  tty: { kind: 'flag', short: 't', help: 'Give the program a terminal' },
  detach: { kind: 'flag', short: 'd', help: 'Leave it running and print its id' },
  'detach-keys': detachOption,
  env: {
    kind: 'list',
    short: 'e',
    value: 'NAME[=VALUE]',
    completes: 'variables',
    help: 'Set a variable; without a value, the one it has here',
  },
  'env-file': {
    kind: 'list',
    value: 'FILE',
    completes: 'files',
    help: 'Set the variables that this file lists, one a line',
  },
  workdir: { kind: 'text', short: 'w', value: 'FOLDER', help: 'Start in this folder of the guest' },
  timing: { kind: 'flag', help: 'Say on stderr where the time went' },
  user: { kind: 'text', short: 'u', value: 'USER[:GROUP]', help: 'Run as this user, by name or number' },
} as const;

/** What `--env-file` and `-e` set; `-e` wins, as docker has it. */
export function environment(values: { env: string[]; 'env-file': string[] }, here: NodeJS.ProcessEnv): string[] {
  return [
    ...values['env-file'].flatMap((path) => parseEnvFile(readListed(path, '--env-file'), path, here)),
    ...parseEnv(values.env, here),
  ];
}

/** What is asked of the service, and how it is watched from here. */
export interface ProgramRequest {
  stream: 'run' | 'exec' | 'startAttached';
  input: InputOf<'run'> | InputOf<'exec'>;
  first: ClientControl;
  /** of the program: what a broken connection comes back to */
  session: string | null;
  tty: boolean;
  stdin: boolean;
  detach: boolean;
}

/** Exit code of a program whose reader went away: 128 + SIGPIPE. */
export const READER_GONE = 141;

export async function runProgram(
  context: Context,
  request: ProgramRequest,
  show: { timing: boolean; json: boolean; keys: string | null; onBegun?: (begun: Begun) => void },
): Promise<number> {
  const { stream, input, first, session, tty, stdin, detach } = request;
  const keys = parseKeys(show.keys ?? '');
  if (tty && stdin && !context.stdin.isTTY && !detach)
    throw new MvmError('usage', 'stdin is not a terminal, as -t with -i needs', { hint: 'Leave out -t.' });
  const { end, begun, undone, midLine } = await converse(context, {
    program: {
      begin: (signal) => openStream(context.service, stream, input as never, signal),
      first,
      resume: session === null ? null : () => openStream(context.service, 'session', { session }),
    },
    signals: 'all',
    keys,
    connect: (begun) => {
      show.onBegun?.(begun);
      return { tty, stdin: stdin && !detach };
    },
  });
  if (end === 'reader gone') return READER_GONE;
  if (end === 'detached' && begun && !detach)
    return leftRunning(context, begun.session === begun.machine ? begun.name : begun.session.slice(0, 12));
  if (end === null || end === 'detached') return begun ? runsOn(context, begun, show.json) : undone();
  if (show.timing && midLine) context.stderr.write('\n');
  if (show.timing) printTiming(context, end.timeline, show.json);
  return end.exit.code;
}

/** What docker calls `read escape sequence`. */
export function leftRunning(context: Context, reference: string): number {
  context.stderr.write(`\nmvm: it runs on; mvm attach ${reference} comes back to it\n`);
  return 0;
}

/** The id is what attach takes: a machine's own program has the machine's. */
function runsOn(context: Context, { machine, name, session }: Begun, json: boolean): number {
  if (json) printJson(context.stdout, { id: session, name, ...(session !== machine && { machine }) });
  else context.stdout.write(`${session}\n`);
  return 0;
}
