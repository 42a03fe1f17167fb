/** The functions that docker's templates have: Go's own, and docker's for text and JSON. */
import { MvmError } from '../../contract/errors.ts';
import { malformed } from './lex.ts';
import { printf } from './printf.ts';
import { isTrue, kindOf, textOf } from './values.ts';

type TemplateFunction = (...args: unknown[]) => unknown;

/** `and` and `or` are not here: they leave arguments unevaluated, so evaluating is theirs to see to. */
const functions: Record<string, TemplateFunction> = {
  json: (value) => JSON.stringify(value) ?? 'null',
  join: (list, separator) => items('join', list).map(textOf).join(text('join', separator)),
  split: (value, separator) => text('split', value).split(text('split', separator)),
  lower: (value) => text('lower', value).toLowerCase(),
  upper: (value) => text('upper', value).toUpperCase(),
  title: (value) => text('title', value).replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (all) => all.toUpperCase()),
  truncate: (value, length) => [...text('truncate', value)].slice(0, number('truncate', length)).join(''),
  pad: (value, before, after) => (value === '' ? '' : blanks(before) + text('pad', value) + blanks(after)),
  print: (...args) => printed(args, false),
  println: (...args) => `${printed(args, true)}\n`,
  printf: (format, ...args) => printf(text('printf', format), args),
  len: (value) => lengthOf(value),
  index: (value, ...keys) => keys.reduce(at, value),
  slice: (value, from = 0, to = lengthOf(value), ...more) => {
    if (more.length > 0) throw malformed('slice takes a value and two positions');
    return sliced(value, number('slice', from), number('slice', to));
  },
  not: (value) => !isTrue(value),
  eq: (first, ...others) => {
    if (others.length === 0) throw malformed('eq compares with nothing');
    return others.some((other) => equal(first, other));
  },
  ne: (a, b) => !equal(a, b),
  lt: (a, b) => compared(a, b) < 0,
  le: (a, b) => compared(a, b) <= 0,
  gt: (a, b) => compared(a, b) > 0,
  ge: (a, b) => compared(a, b) >= 0,
};

/** @throws MvmError `usage` when there is none, or it refuses its arguments */
export function callFunction(name: string, args: unknown[]): unknown {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!found) throw malformed(`there is no function ${name}`, `There are ${known()}.`);
  if (args.length < found.length) throw malformed(`${name} needs ${found.length} values`);
  if (args.length > found.length && !TAKES_MORE.has(name)) throw malformed(`${name} takes ${found.length} values`);
  return found(...args);
}

const TAKES_MORE = new Set(['print', 'println', 'printf', 'index', 'slice', 'eq']);

const known = (): string => ['and', 'or', ...Object.keys(functions)].sort().join(', ');

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw malformed(`${name} takes text, not ${kindOf(value)}`);
}

function number(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw malformed(`${name} takes a whole number, not ${kindOf(value)}`);
}

function items(name: string, value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw malformed(`${name} takes a list, not ${kindOf(value)}`);
}

/** No row is that wide. */
const MOST_BLANKS = 10_000;
const blanks = (count: unknown): string => ' '.repeat(Math.min(MOST_BLANKS, number('pad', count)));

/** Go's rule: `print` puts a space between two values when neither is text. */
function printed(args: unknown[], always: boolean): string {
  return args.reduce<string>((said, value, index) => {
    const spaced = index > 0 && (always || (typeof value !== 'string' && typeof args[index - 1] !== 'string'));
    return said + (spaced ? ' ' : '') + textOf(value);
  }, '');
}

/** Of text, Go counts bytes. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw malformed(`${kindOf(value)} has no length`);
}

function at(value: unknown, key: unknown): unknown {
  if (Array.isArray(value) || typeof value === 'string') {
    const index = number('index', key);
    if (index < value.length) return typeof value === 'string' ? Buffer.from(value)[index] : value[index];
    throw malformed(`there is no element ${index} in a list of ${value.length}`);
  }
  if (typeof value === 'object' && value !== null)
    return Object.hasOwn(value, String(key)) ? (value as Record<string, unknown>)[String(key)] : '';
  throw malformed(`index finds nothing in ${kindOf(value)}`);
}

function sliced(value: unknown, from: number, to: number): unknown {
  if (from > to || to > lengthOf(value)) throw malformed(`there is no slice ${from} to ${to}`);
  return typeof value === 'string'
    ? Buffer.from(value).subarray(from, to).toString()
    : items('slice', value).slice(from, to);
}

function equal(a: unknown, b: unknown): boolean {
  if ((a ?? null) === null || (b ?? null) === null) return (a ?? null) === (b ?? null);
  return sameKind(a, b) && a === b;
}

function compared(a: unknown, b: unknown): number {
  if (sameKind(a, b) && typeof a === 'number') return a - (b as number);
  if (typeof a === 'string') return a < (b as string) ? -1 : Number(a > (b as string));
  throw malformed(`${kindOf(a)} has no order`);
}

function sameKind(a: unknown, b: unknown): boolean {
  if (typeof a === typeof b && typeof a !== 'object') return true;
  throw new MvmError('usage', `--format: ${kindOf(a)} and ${kindOf(b)} cannot be compared`);
}
