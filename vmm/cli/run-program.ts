/** Runs a program through the service with this terminal, these pipes and these signals, for `run` and `exec`. */
import { readFileSync } from 'node:fs';
import { Program, type ProgramEnd } from '../client/program.ts';
import { openStream } from '../client/stream.ts';
import { MvmError } from '../contract/errors.ts';
import type { InputOf } from '../contract/operations.ts';
import type { ClientControl } from '../contract/stream.ts';
import { parseEnv, parseEnvFile } from './arguments.ts';
import type { Context } from './command.ts';
import { printJson } from './output.ts';
import { progressLine } from './progress.ts';
import { forwardSignals } from './signals.ts';
import { printTiming } from './timing.ts';
import { rawMode, terminalSize } from './tty.ts';
import { write } from './write.ts';

/** Options that `run` and `exec` share. */
export const programOptions = {
  interactive: { kind: 'flag', short: 'i', help: 'Connect stdin' },
  tty: { kind: 'flag', short: 't', help: 'Give the program a terminal' },
  detach: { kind: 'flag', short: 'd', help: 'Leave it running and print its id' },
  env: {
    kind: 'list',
    short: 'e',
    value: 'NAME[=VALUE]',
    help: 'Set a variable; without a value, the one it has here',
  },
  'env-file': { kind: 'list', value: 'FILE', help: 'Set the variables that this file lists, one a line' },
  workdir: { kind: 'text', short: 'w', value: 'FOLDER', help: 'Start in this folder of the guest' },
  timing: { kind: 'flag', help: 'Say on stderr where the time went' },
  user: { kind: 'text', short: 'u', value: 'USER[:GROUP]', help: 'Run as this user, by name or number' },
} as const;

/** What `--env-file` and `-e` set; `-e` wins, as docker has it. */
export function environment(values: { env: string[]; 'env-file': string[] }, here: NodeJS.ProcessEnv): string[] {
  return [
    ...values['env-file'].flatMap((path) => parseEnvFile(readEnvFile(path), path, here)),
    ...parseEnv(values.env, here),
  ];
}

function readEnvFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new MvmError('usage', `--env-file: ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

type Begin = { stream: 'run'; input: InputOf<'run'> } | { stream: 'exec'; input: InputOf<'exec'> };
type First = Extract<ClientControl, { type: 'run' | 'exec' }>;

/** Exit code of a program whose reader went away: 128 + SIGPIPE. */
const READER_GONE = 141;

export async function runProgram(
  context: Context,
  begin: Begin,
  first: First,
  show: { timing: boolean; json: boolean },
): Promise<number> {
  const { request } = first;
  if (request.tty && request.stdin && !context.stdin.isTTY)
    throw new MvmError('usage', 'stdin is not a terminal, as -t with -i needs', { hint: 'Leave out -t.' });
  const progress = progressLine(context);
  const started: { id: string; name: string }[] = [];
  let leaveTerminal: () => void = () => undefined;
  const program = new Program({
    begin: (signal) => openStream(context.service, begin.stream, begin.input as never, signal),
    first,
    resume:
      request.id === null ? null : () => openStream(context.service, 'session', { session: request.id as string }),
    output: (channel, bytes) => write(context, channel, bytes),
    onProgress: (message) => progress.show(message),
    onStarted: ({ machine, name }) => {
      progress.clear();
      started.push({ id: machine, name });
      leaveTerminal = connectStdin(context, program, request);
    },
  });
  const signals = forwardSignals(program, context.stderr);
  const end = await follow(context, program, request).finally(() => {
    progress.clear();
    signals.stop();
    leaveTerminal();
    // A pipe that is still open would keep the process waiting for its end.
    context.stdin.destroy();
  });
  if (end === 'reader gone') return READER_GONE;
  if (end === null) return started[0] ? detached(context, started[0], show.json) : signals.exitCode();
  if (show.timing) printTiming(context, end.timeline, show.json);
  return end.exit.code;
}

async function follow(
  context: Context,
  program: Program,
  request: First['request'],
): Promise<ProgramEnd | null | 'reader gone'> {
  const resized = () => {
    const size = terminalSize(context.stdout);
    if (size) program.resize(size);
  };
  if (request.tty) context.stdout.on('resize', resized);
  try {
    return await program.run();
  } catch (error) {
    // Where it went and why, the stream's own error tells.
    if (error instanceof MvmError) throw error;
    return 'reader gone';
  } finally {
    context.stdout.off('resize', resized);
  }
}

/** From the program's start on the keys are the guest's; until then ctrl-C is for mvm. */
function connectStdin(context: Context, program: Program, request: First['request']): () => void {
  if (!request.stdin || request.detach) return () => undefined;
  const restore = request.tty ? rawMode(context.stdin) : () => undefined;
  void feed(context.stdin, program);
  return restore;
}

/** stdin to the program, no faster than it takes it. */
async function feed(stdin: NodeJS.ReadStream, program: Program): Promise<void> {
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) await program.write(chunk);
  } catch {
    // stdin was closed under us, by the program's end or the terminal's: either way it has ended.
  }
  program.endStdin();
}

function detached(context: Context, machine: { id: string; name: string }, json: boolean): number {
  if (json) printJson(context.stdout, machine);
  else context.stdout.write(`${machine.id}\n`);
  return 0;
}
