import { call } from '../../client/connect.ts';
import { runArguments, runCommandLine } from '../../contract/command-line.ts';
import { MvmError } from '../../contract/errors.ts';
import type { HistoryEntry } from '../../contract/types.ts';
import { parseArguments, parseEnv } from '../arguments.ts';
import { type Context, defineCommand } from '../command.ts';
import { paints } from '../output.ts';
import { run } from './run.ts';

/** The service keeps no more. */
const KEPT = 1000;

export const again = defineCommand({
  name: 'again',
  summary: 'Run a past command line again',
  words: '[N|ID]',
  count: { least: 0, most: 1 },
  options: {
    print: { kind: 'flag', help: 'Print the command line and run nothing' },
    env: {
      kind: 'list',
      short: 'e',
      value: 'NAME[=VALUE]',
      completes: 'variables',
      help: 'Set a variable of that run, or one more; without a value, the one it has here',
    },
    json: { kind: 'flag', help: 'Print what --detach said as JSON' },
  },
  notes: [
    "N is a run's number in 'mvm history', ID the id of its machine or the start of it; without either, the last run is meant.",
    'Values of variables are not kept: those of that run are taken from the environment of now, and it is an error when one is not set.',
  ],
  examples: ['again', 'again 12', 'again --print'],
  async handle(context, values, [which]) {
    const { runs } = await call(context.service, 'history', { limit: which === undefined ? 1 : KEPT });
    const { id, request, envNames } = find(runs, which);
    if (!request)
      throw new MvmError('history.incomplete', `run ${id} was made by an mvm that did not keep what to run again`);
    const given = parseEnv(values.env, context.env);
    const names = envNames.filter((name) => !given.some((pair) => pair.startsWith(`${name}=`)));
    const wish = { ...request, env: [...names, ...given] };
    if (values.print) {
      context.stdout.write(`${runCommandLine(wish)}\n`);
      return 0;
    }
    needVariables(id, names, context.env);
    tell(context, runCommandLine({ ...request, env: envNames }));
    const [, ...args] = runArguments(wish);
    const parsed = parseArguments(values.json ? ['--json', ...args] : args, run.options, { endAtFirstWord: true });
    return run.handle(context, parsed.values, parsed.words);
  },
});

function find(runs: HistoryEntry[], which: string | undefined): HistoryEntry {
  const found =
    which === undefined
      ? runs[0]
      : (runs.find(({ id }) => String(id) === which) ?? runs.find((run) => isOf(run, which)));
  if (found) return found;
  const message = which === undefined ? 'nothing was run yet' : `there is no past run '${which}'`;
  throw new MvmError('history.not-found', message, { hint: 'mvm history lists those there are.' });
}

/** Fewer digits of an id could be a number mistyped. */
const LEAST_DIGITS = 4;

const isOf = ({ machine }: HistoryEntry, id: string): boolean =>
  id.length >= LEAST_DIGITS && machine?.startsWith(id) === true;

/** docker would leave a variable out that has no value here; to run something again without what it had is no again. */
function needVariables(id: number, names: string[], here: NodeJS.ProcessEnv): void {
  const lacking = names.filter((name) => here[name] === undefined);
  if (lacking.length === 0) return;
  throw new MvmError('again.variables', `run ${id} had variables that are not set here: ${lacking.join(', ')}`, {
    hint: `Set them, or give them: mvm again ${id} ${lacking.map((name) => `-e ${name}=VALUE`).join(' ')}`,
  });
}

/** As shells do with what they repeat. */
function tell({ stderr, env }: Context, line: string): void {
  if (stderr.isTTY) stderr.write(`${paints(stderr, env).dim(line)}\n`);
}
