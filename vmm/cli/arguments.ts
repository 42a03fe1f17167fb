/** Reads a command's words by its declaration: pure, with docker's habits (`-it`, `-eA=B`, `--env A=B`, `--env=A=B`). */
import { MvmError } from '../contract/errors.ts';
import { nearest } from '../contract/nearest.ts';
import { notHere } from './docker/not-here.ts';

export type OptionKind = 'flag' | 'text' | 'list';

export interface OptionSpec {
  kind: OptionKind;
  short?: string;
  /** a further name, of docker's, that the help leaves out */
  also?: string;
  /** what the value is called in the help; flags have none, and `choices` name themselves */
  value?: string;
  help: string;
  /** all there is to choose from: anything else is refused */
  choices?: readonly string[];
  /** what to do when that is not enough */
  otherwise?: string;
  /** what completion offers: fixed words, or what it finds out */
  completes?: Source | readonly string[];
  /** a flag that is on unless `=false` is said */
  unless?: true;
}

/** What completion finds out when it is asked. */
export type Source = 'files' | 'folders' | 'machines' | 'images' | 'variables';

export type OptionTable = Record<string, OptionSpec>;

type ValueOf<Spec extends OptionSpec> = Spec['kind'] extends 'flag'
  ? boolean
  : Spec['kind'] extends 'list'
    ? string[]
    : string | null;

export type Values<Table extends OptionTable> = { [Name in keyof Table]: ValueOf<Table[Name]> };

export interface Parsed<Table extends OptionTable> {
  values: Values<Table>;
  words: string[];
  help: boolean;
}

export interface ParseOptions {
  /** the first word that is no option ends them: the rest belongs to the guest's program */
  endAtFirstWord: boolean;
}

/** @throws MvmError `usage` */
export function parseArguments<Table extends OptionTable>(
  args: readonly string[],
  table: Table,
  options: ParseOptions,
): Parsed<Table> {
  const { problem, ...parsed } = readArguments(args, table, options);
  if (problem) throw problem;
  return parsed;
}

/** The first thing that is wrong does not hide what else is asked for: with `--json`, it is told as JSON. */
export function readArguments<Table extends OptionTable>(
  args: readonly string[],
  table: Table,
  { endAtFirstWord }: ParseOptions,
): Parsed<Table> & { problem: MvmError | null } {
  const values = emptyValues(table);
  const words: string[] = [];
  let help = false;
  let problem: MvmError | null = null;
  const attempt = (take: () => void): void => {
    try {
      take();
    } catch (error) {
      problem ??= error as MvmError;
    }
  };
  const queue = [...args];
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '--') {
      words.push(...queue);
      break;
    }
    if (arg === '--help' || (arg === '-h' && !byShort(table, 'h'))) help = true;
    else if (arg.startsWith('--')) attempt(() => takeLong(arg, queue, table, values));
    else if (arg.startsWith('-') && arg !== '-') attempt(() => takeShort(arg, queue, table, values));
    else {
      words.push(arg);
      if (!endAtFirstWord) continue;
      // One `--` right after the image is dropped, so that it may be written for clarity.
      words.push(...(queue[0] === '--' ? queue.slice(1) : queue));
      break;
    }
  }
  return { values: values as Values<Table>, words, help, problem };
}

type Raw = Record<string, boolean | string | null | string[]>;

function emptyValues(table: OptionTable): Raw {
  return Object.fromEntries(
    Object.entries(table).map(([name, { kind, unless = false }]) => [
      name,
      kind === 'flag' ? unless : kind === 'list' ? [] : null,
    ]),
  );
}

function takeLong(arg: string, queue: string[], table: OptionTable, values: Raw): void {
  const equals = arg.indexOf('=');
  const given = arg.slice(2, equals < 0 ? undefined : equals);
  const found = Object.entries(table).find(([known, { also }]) => known === given || also === given);
  if (!found)
    throw unknown(
      `--${given}`,
      Object.keys(table).map((known) => `--${known}`),
    );
  const [name, spec] = found;
  if (spec.kind === 'flag') values[name] = equals < 0 ? true : flagValue(name, arg.slice(equals + 1));
  else give(values, name, spec, equals < 0 ? needed(`--${name}`, queue) : arg.slice(equals + 1));
}

function takeShort(arg: string, queue: string[], table: OptionTable, values: Raw): void {
  for (let index = 1; index < arg.length; index++) {
    const letter = arg[index] as string;
    const found = byShort(table, letter);
    if (!found) throw unknown(`-${letter}`, []);
    const [name, spec] = found;
    if (spec.kind === 'flag' && arg[index + 1] === '=') {
      values[name] = flagValue(name, arg.slice(index + 2));
      return;
    }
    if (spec.kind === 'flag') {
      values[name] = true;
      continue;
    }
    const rest = arg.slice(index + 1).replace(/^=/, '');
    give(values, name, spec, rest === '' ? needed(`-${letter}`, queue) : rest);
    return;
  }
}

const byShort = (table: OptionTable, letter: string): [string, OptionSpec] | undefined =>
  Object.entries(table).find(([, spec]) => spec.short === letter);

function give(values: Raw, name: string, spec: OptionSpec, value: string): void {
  if (spec.choices && !spec.choices.includes(value)) throw noSuchChoice(name, value, spec);
  if (spec.kind === 'list') (values[name] as string[]).push(value);
  else values[name] = value;
}

function noSuchChoice(name: string, value: string, { choices = [], otherwise }: OptionSpec): MvmError {
  const meant = nearest(value, choices);
  return new MvmError('usage', `--${name}: there is no '${value}'`, {
    hint: meant
      ? `Did you mean ${meant}?`
      : (otherwise ?? `Either ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}.`),
  });
}

function needed(option: string, queue: string[]): string {
  const value = queue.shift();
  if (value === undefined) throw new MvmError('usage', `${option} needs a value`);
  return value;
}

function flagValue(name: string, text: string): boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw new MvmError('usage', `--${name} is a switch and takes no value '${text}'`);
}

function unknown(option: string, known: string[]): MvmError {
  const refusal = notHere(option);
  if (refusal) return refusal;
  const meant = nearest(option, known);
  return new MvmError('usage', `there is no option ${option}`, meant ? { hint: `Did you mean ${meant}?` } : {});
}

/** `512m`, `1.5g`, plain bytes: binary units, as docker's. */
export function parseSize(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text);
  if (!match) throw new MvmError('usage', `${option}: '${text}' is not a size`, { hint: 'For example 512m or 2g.' });
  return Math.round(Number(match[1]) * 1024 ** 'bkmgt'.indexOf((match[2] || 'b').toLowerCase()));
}

/** `500ms`, `30s`, `2m`, `1h`, plain seconds; in ms. */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (!match) throw new MvmError('usage', `${option}: '${text}' is not a duration`, { hint: 'For example 30s or 2m.' });
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? 's'] ?? 1000;
  return Math.round(Number(match[1]) * unit);
}

export function parseNumber(text: string, option: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new MvmError('usage', `${option}: '${text}' is not a number`);
}

/** `NAME=value`, or `NAME` for the value it has here; a name that has none here is left out, as docker does. */
export function parseEnv(pairs: readonly string[], here: NodeJS.ProcessEnv): string[] {
  return pairs.flatMap((pair) => {
    if (pair.startsWith('=') || pair === '') throw new MvmError('usage', `--env: '${pair}' names no variable`);
    if (pair.includes('=')) return [pair];
    const value = here[pair];
    return value === undefined ? [] : [`${pair}=${value}`];
  });
}

/**
 * docker's format: a line is `NAME=value`, taken to the letter, or `NAME` for the value it has here; `#` begins a
 * comment, empty lines are skipped.
 */
export function parseEnvFile(text: string, path: string, here: NodeJS.ProcessEnv): string[] {
  return listedLines(text).flatMap(({ line, number }) => {
    const name = line.split('=', 1)[0] ?? '';
    if (name === '' || /\s/.test(name))
      throw new MvmError('usage', `--env-file: ${path}, line ${number}: '${name}' cannot be a variable's name`);
    return parseEnv([line], here);
  });
}

/** What `--env-file` and `--label-file` list: `#` begins a comment, empty lines are skipped. */
export function listedLines(text: string): { line: string; number: number }[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  return lines.flatMap((raw, index) => {
    const line = raw.trimStart();
    return line === '' || line.startsWith('#') ? [] : [{ line, number: index + 1 }];
  });
}
