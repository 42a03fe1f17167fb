/** `--filter KEY=VALUE`, as docker has it: values of one key are alternatives, and different keys must all hold. */
import { MvmError } from '../contract/errors.ts';
import { nearest } from '../contract/nearest.ts';

/** Whether a thing has the value; a test is made once, and refuses what is no value for it. */
export type Test<T> = (value: string) => (thing: T) => boolean;

export interface Filters<T> {
  tests: Record<string, Test<T>>;
  /** keys of which every value must hold */
  every?: readonly string[];
}

/** @throws MvmError `usage` */
export function filter<T>(things: T[], wanted: readonly string[], { tests, every = [] }: Filters<T>): T[] {
  const byKey = new Map<string, ((thing: T) => boolean)[]>();
  for (const each of wanted) {
    const { key, value } = split(each);
    const test = Object.hasOwn(tests, key) ? tests[key] : undefined;
    if (!test) throw unknown(key, Object.keys(tests));
    byKey.set(key, [...(byKey.get(key) ?? []), test(value)]);
  }
  const conditions = [...byKey].map(([key, holds]) => (every.includes(key) ? all(holds) : any(holds)));
  return things.filter(all(conditions));
}

/** Whether one of the filters is of this key. */
export const asksFor = (wanted: readonly string[], ...keys: string[]): boolean =>
  wanted.some((each) => keys.includes(split(each).key));

function split(text: string): { key: string; value: string } {
  const equals = text.indexOf('=');
  if (equals > 0) return { key: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() };
  throw new MvmError('usage', `--filter: '${text}' is not KEY=VALUE`, { hint: 'For example name=web.' });
}

const any =
  <T>(holds: ((thing: T) => boolean)[]) =>
  (thing: T): boolean =>
    holds.some((each) => each(thing));

const all =
  <T>(holds: ((thing: T) => boolean)[]) =>
  (thing: T): boolean =>
    holds.every((each) => each(thing));

function unknown(key: string, known: string[]): MvmError {
  const meant = nearest(key, known);
  return new MvmError('usage', `--filter: there is nothing called '${key}' to filter by`, {
    hint: meant ? `Did you mean ${meant}?` : `There are ${known.join(', ')}.`,
  });
}

/** A part of the text, or a regular expression for it. */
export function matches(value: string): (text: string) => boolean {
  try {
    const pattern = new RegExp(value);
    return (text) => pattern.test(text);
  } catch (cause) {
    throw new MvmError('usage', `--filter: '${value}' is no regular expression`, { cause });
  }
}

/** `KEY`, or `KEY=VALUE`. */
export function hasLabel(value: string): (labels: Record<string, string>) => boolean {
  const equals = value.indexOf('=');
  if (equals < 0) return (labels) => Object.hasOwn(labels, value);
  const key = value.slice(0, equals);
  return (labels) => Object.hasOwn(labels, key) && labels[key] === value.slice(equals + 1);
}

/** A shell's pattern; `*` and `?` stay within a part of a path. */
export function glob(pattern: string): (text: string) => boolean {
  const source = pattern.replace(/\[([^\]]+)\]|[\s\S]/g, (one, set?: string) => {
    if (set) return `[${set.replace(/^[!^]/, '^').replaceAll('\\', '\\\\')}]`;
    return one === '*' ? '[^/]*' : one === '?' ? '[^/]' : one.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  });
  return matches(`^${source}$`);
}

/** `more` are whole filters that completion offers besides the keys. */
export const filterOption = (keys: string[], more: string[] = []) =>
  ({
    kind: 'list',
    short: 'f',
    value: 'KEY=VALUE',
    completes: [...keys.map((key) => `${key}=`), ...more],
    help: `Those alone that fit, by ${keys.slice(0, -1).join(', ')} or ${keys.at(-1)}`,
  }) as const;
