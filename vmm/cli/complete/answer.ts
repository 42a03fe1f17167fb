/**
 * `mvm __complete`, which the shells' scripts call: a candidate a line. `:files` and `:folders` on a line of their own
 * ask the shell to add its own.
 *
 *   mvm __complete words WORD…          the words after mvm, the last one under the cursor; behind a tab comes a note
 *   mvm __complete line LINE BREAKS     the line up to the cursor, for bash, which has divided it at BREAKS too
 */
import { homeFolder } from '../../paths.ts';
import type { Context } from '../command.ts';
import { commands, loadGroups } from '../commands/index.ts';
import { type Asked, look } from './live.ts';
import { type Candidate, nothing, type Plan, plan, type Source } from './plan.ts';
import { cutAtBreaks, shellWords } from './shell-words.ts';

export async function answerCompletion({ env, stdout }: Context, [from, ...rest]: string[]): Promise<number> {
  const [line = '', breaks = ''] = rest;
  const words = from === 'line' ? shellWords(line).slice(1) : rest;
  const current = words.at(-1) ?? '';
  const { candidates, shell } = await gather(words.slice(0, -1), current, env);
  const cut = cutAtBreaks(current, breaks);
  const lines =
    from === 'line'
      ? candidates.filter(({ value }) => value.startsWith(current)).map(({ value }) => cut(value))
      : candidates.map(({ value, note }) => (note ? `${value}\t${note.replace(/\s+/g, ' ')}` : value));
  stdout.write([...lines, ...shell.map((source) => `:${source}`)].map((each) => `${each}\n`).join(''));
  return 0;
}

async function gather(before: string[], current: string, env: NodeJS.ProcessEnv) {
  const [name, ...words] = before;
  if (name === undefined || (name === 'help' && words.length === 0))
    return { candidates: await commandNames(), shell: [] };
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const command = await load?.();
  const { candidates, sources, prefix }: Plan = command ? plan(command, words, current) : nothing();
  const asked = {
    home: homeFolder(env),
    env,
    states: command?.machines ?? null,
    current: current.slice(prefix.length),
  };
  const found = (await inTime(Promise.all(sources.map((source) => orNone(source, asked))))).flat();
  return {
    candidates: [...candidates, ...found.map((each) => ({ ...each, value: prefix + each.value }))],
    shell: sources.filter((source) => source === 'files' || source === 'folders'),
  };
}

async function commandNames(): Promise<Candidate[]> {
  const loaded = (await loadGroups()).flatMap((group) => group.commands);
  return [
    ...loaded.map(({ name, summary }) => ({ value: name, note: summary })),
    { value: 'help', note: 'Tell more of a command' },
  ];
}

async function orNone(source: Source, asked: Asked): Promise<Candidate[]> {
  try {
    return await look(source, asked);
  } catch {
    // No service, or none that understands: then there is nothing to offer, and a prompt is no place for a complaint.
    return [];
  }
}

function inTime(found: Promise<Candidate[][]>): Promise<Candidate[][]> {
  return Promise.race([found, new Promise<[]>((resolve) => setTimeout(() => resolve([]), PATIENCE_MS).unref())]);
}

/** Nobody waits longer for a completion, ms. */
const PATIENCE_MS = 1_000;
