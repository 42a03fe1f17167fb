/** The part of Go's printf that templates use: `%s %v %d %q %t %x %f %c %%`, with flags, width and precision. */
import { isMap, sorted, textOf } from './values.ts';

const VERB = /%([-+ 0#]*)(\d*)(?:\.(\d*))?([a-zA-Z%])/g;

/** No row is that wide. */
const MOST = 10_000;

export function printf(format: string, args: unknown[]): string {
  const left = [...args];
  const said = format.replace(
    VERB,
    (_all, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (left.length === 0) return `%!${verb}(MISSING)`;
      const digits = precision === undefined ? null : Math.min(MOST, Number(precision));
      return padded(one(verb, left.shift(), digits, flags), flags, Math.min(MOST, Number(width)));
    },
  );
  return left.length === 0 ? said : `${said}%!(EXTRA ${left.map(typed).join(', ')})`;
}

function one(verb: string, value: unknown, precision: number | null, flags: string): string {
  const each = (item: unknown) => one(verb, item, precision, flags);
  if (Array.isArray(value)) return `[${value.map(each).join(' ')}]`;
  if (isMap(value))
    return `map[${sorted(value)
      .map(([key, item]) => `${each(key)}:${each(item)}`)
      .join(' ')}]`;
  const sign = flags.includes('+') && typeof value === 'number' && value >= 0 ? '+' : '';
  switch (verb) {
    case 'v':
      return typeof value === 'string' ? cut(value, precision) : sign + textOf(value);
    case 's':
      return typeof value === 'number' || typeof value === 'boolean'
        ? wrong(verb, value)
        : cut(textOf(value), precision);
    case 'q':
      if (typeof value === 'number') return quoted(character(value), "'");
      return typeof value === 'string' ? quoted(cut(value, precision), '"') : wrong(verb, value);
    case 'd':
      return isWhole(value) ? sign + value : wrong(verb, value);
    case 'f':
      return typeof value === 'number' ? sign + value.toFixed(Math.min(100, precision ?? 6)) : wrong(verb, value);
    case 't':
      return typeof value === 'boolean' ? String(value) : wrong(verb, value);
    case 'x':
      if (isWhole(value)) return value.toString(16);
      return typeof value === 'string' ? Buffer.from(value).toString('hex') : wrong(verb, value);
    case 'c':
      return isWhole(value) ? character(value) : wrong(verb, value);
    default:
      return wrong(verb, value);
  }
}

const isWhole = (value: unknown): value is number => Number.isInteger(value);

/** What is none is U+FFFD. */
const character = (code: number): string => String.fromCodePoint(code >= 0 && code <= 0x10ffff ? code : 0xfffd);

const cut = (text: string, precision: number | null): string =>
  precision === null ? text : [...text].slice(0, precision).join('');

/** Go prints its complaint in place. */
const wrong = (verb: string, value: unknown): string => `%!${verb}(${typed(value)})`;

function typed(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  const type = { boolean: 'bool', number: isWhole(value) ? 'int' : 'float64' }[typeof value as string] ?? typeof value;
  return `${type}=${textOf(value)}`;
}

const ESCAPED: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** As Go's source would have it. */
function quoted(text: string, mark: '"' | "'"): string {
  const inside = text.replace(/[\\"'\p{C}]/gu, (character) => {
    if (character === '\\' || character === mark) return `\\${character}`;
    if (character === '"' || character === "'") return character;
    return ESCAPED[character] ?? escaped(character.codePointAt(0) ?? 0);
  });
  return mark + inside + mark;
}

function escaped(code: number): string {
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

function padded(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0')) return text.padStart(width);
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
