/** What completion offers at a place of a command line, and what it must find out for that. Pure. */
import type { Source as OptionSource, OptionSpec } from '../arguments.ts';
import type { Command } from '../command.ts';
import { scan } from './scan.ts';
import { expected, isLiteral } from './slots.ts';

export type Source = OptionSource | 'machine paths' | 'sessions' | 'runs';

export interface Candidate {
  value: string;
  note?: string;
}

export interface Plan {
  candidates: Candidate[];
  sources: Source[];
  /** stands before what the sources find: `--name=` */
  prefix: string;
}

/** `current` is the word under the cursor as far as it goes, `before` the words between the command and it. */
export function plan(command: Command, before: readonly string[], current: string): Plan {
  const { pending, words, given, ended } = scan(before, command.options, command.endAtFirstWord ?? false);
  if (pending) return forValue(pending, '');
  if (!ended && current.startsWith('-')) return forOption(command, given, current);
  const places = expected(command.words, words);
  return {
    candidates: places.filter(isLiteral).map((value) => ({ value })),
    sources: places.flatMap((place) => SOURCES[place] ?? []),
    prefix: '',
  };
}

/** What stands in the places of a usage; places that are not here take what only the user knows. */
const SOURCES: Record<string, Source> = {
  MACHINE: 'machines',
  'MACHINE:PATH': 'machine paths',
  IMAGE: 'images',
  SESSION: 'sessions',
  N: 'runs',
  PATH: 'files',
  FILE: 'files',
  FOLDER: 'folders',
};

function forOption(command: Command, given: Set<string>, current: string): Plan {
  const equals = current.indexOf('=');
  const name = current.slice(2, equals < 0 ? undefined : equals);
  const spec = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
  if (equals >= 0) return spec && spec.kind !== 'flag' ? forValue(spec, `--${name}=`) : nothing();
  const free = Object.entries(command.options).filter(([each, { kind }]) => kind === 'list' || !given.has(each));
  const candidates = free.map(([each, { help }]) => ({ value: `--${each}`, note: help }));
  return { ...nothing(), candidates: [...candidates, { value: '--help', note: 'Tell more of this command' }] };
}

function forValue({ choices, completes }: OptionSpec, prefix: string): Plan {
  const fixed = choices ?? (typeof completes === 'object' ? completes : []);
  return {
    candidates: fixed.map((value) => ({ value: prefix + value })),
    sources: typeof completes === 'string' ? [completes] : [],
    prefix,
  };
}

export const nothing = (): Plan => ({ candidates: [], sources: [], prefix: '' });
