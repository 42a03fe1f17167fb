/** What values are to a template: Go's rules for truth, printing and looking into them. */
import { nearest } from '../../contract/nearest.ts';
import { malformed } from './lex.ts';

/** A value whose fields are all known, as a struct's in Go: asking it for another one is a mistake, and told. */
class Fields {
  constructor(fields: object) {
    Object.assign(this, fields);
  }
}

export const fields = <T extends object>(all: T): T => new Fields(all) as T;

/** A field of an object, or of every kind of map the value of a key; one that a map lacks is `<no value>`. */
export function fieldOf(value: unknown, name: string): unknown {
  if (value === null || value === undefined) throw malformed(`there is no ${name} in what has no value`);
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed(`there is no ${name} in ${kindOf(value)}`);
  const inherited = name in value && !(name in Object.prototype);
  if (inherited || Object.hasOwn(value, name)) return (value as never)[name];
  if (Object.getPrototypeOf(value) === Object.prototype) return undefined;
  const known = fieldNames(value);
  const meant = nearest(name, known);
  throw malformed(`there is no field ${name}`, meant ? `Did you mean .${meant}?` : `There are ${known.join(', ')}.`);
}

function fieldNames(value: object): string[] {
  const names: string[] = [];
  for (const name in value) names.push(name);
  return names;
}

export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Fields) return true;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** As a template prints it by itself. */
export const shown = (value: unknown): string => (value === undefined || value === null ? '<no value>' : textOf(value));

/** As Go's fmt prints it. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(textOf).join(' ')}]`;
  if (value instanceof Fields) return `{${Object.values(value).map(textOf).join(' ')}}`;
  if (isMap(value))
    return `map[${sorted(value)
      .map(([key, item]) => `${key}:${textOf(item)}`)
      .join(' ')}]`;
  return String(value);
}

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Fields);

/** A map's entries in the order in which Go goes through them. */
export const sorted = (map: object): [string, unknown][] => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}
