/** Splits a template into text and actions, and an action into tokens. */
import { MvmError } from '../../contract/errors.ts';

export type Token =
  /** `.Names` where an operand begins, `.a` after one: then it belongs to that operand */
  | { type: 'field'; name: string; chained: boolean }
  | { type: 'dot' }
  | { type: 'variable'; name: string }
  | { type: 'word'; name: string }
  | { type: 'value'; value: string | number }
  | { type: 'mark'; mark: '(' | ')' | '|' | ',' | ':=' | '=' };

export type Piece = { type: 'text'; text: string } | { type: 'action'; source: string; tokens: Token[] };

/** Action by action; `{{-` and `-}}` take the white space beside them, comments are left out. */
export function lex(template: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = template;
  for (let open = rest.indexOf('{{'); open >= 0; open = rest.indexOf('{{')) {
    const trimsBefore = /^-\s/.test(rest.slice(open + 2));
    const text = rest.slice(0, open);
    pieces.push({ type: 'text', text: trimsBefore ? text.trimEnd() : text });
    const from = open + 2 + (trimsBefore ? 1 : 0);
    const { tokens, length, trimsAfter, comment } = lexAction(rest.slice(from));
    const source = rest.slice(open, from + length);
    rest = rest.slice(from + length);
    if (trimsAfter) rest = rest.trimStart();
    if (!comment) pieces.push({ type: 'action', source, tokens });
  }
  return [...pieces, { type: 'text', text: rest }];
}

interface Action {
  tokens: Token[];
  /** of the action's source, its end included */
  length: number;
  trimsAfter: boolean;
  comment: boolean;
}

const COMMENT = /^\s*\/\*[\s\S]*?\*\/(?:\s*|\s+(-))\}\}/;
const END = /^(\s+-)?\}\}/;

function lexAction(source: string): Action {
  const comment = COMMENT.exec(source);
  if (comment) return { tokens: [], length: comment[0].length, trimsAfter: comment[1] !== undefined, comment: true };
  const tokens: Token[] = [];
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at);
    const end = END.exec(rest);
    if (end) return { tokens, length: at + end[0].length, trimsAfter: end[1] !== undefined, comment: false };
    const space = /^\s+/.exec(rest)?.[0].length ?? 0;
    if (space > 0) {
      at += space;
      continue;
    }
    const { token, length } = oneToken(rest, at > 0 && !/[\s(|,=]/.test(source[at - 1] ?? ''));
    tokens.push(token);
    at += length;
  }
  throw malformed(`}} is missing after '{{${source.trim()}'`);
}

/** In the order in which they are tried. */
const KINDS: [RegExp, (text: string, touches: boolean) => Token][] = [
  [/^\.[\p{L}_][\p{L}\p{N}_]*/u, (text, chained) => ({ type: 'field', name: text.slice(1), chained })],
  [/^0[xX][0-9a-fA-F]+/, (text) => ({ type: 'value', value: Number(text) })],
  [/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/, (text) => ({ type: 'value', value: Number(text) })],
  [/^\./, () => ({ type: 'dot' })],
  [/^\$[\p{L}\p{N}_]*/u, (text) => ({ type: 'variable', name: text })],
  [/^[\p{L}_][\p{L}\p{N}_]*/u, (text) => ({ type: 'word', name: text })],
  [/^"(?:[^"\\\n]|\\.)*"/, (text) => ({ type: 'value', value: unquoted(text) })],
  [/^`[^`]*`/, (text) => ({ type: 'value', value: text.slice(1, -1) })],
  [/^'(?:[^'\\\n]|\\[^\n]{1,9})'/u, (text) => ({ type: 'value', value: unquoted(text).codePointAt(0) ?? 0 })],
  [/^(?::=|[()|,=])/, (text) => ({ type: 'mark', mark: text as '(' })],
];

/** After these something must divide them from what follows. */
const NAMES = new Set<Token['type']>(['field', 'variable', 'word']);

function oneToken(rest: string, touches: boolean): { token: Token; length: number } {
  for (const [pattern, make] of KINDS) {
    const text = pattern.exec(rest)?.[0];
    if (text === undefined) continue;
    const token = make(text, touches);
    if (NAMES.has(token.type) && !/^(?:[\s.,|:()=]|$|\}\})/.test(rest.slice(text.length))) break;
    return { token, length: text.length };
  }
  throw malformed(`'${rest[0]}' means nothing in a template`);
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** Go's escapes. */
function unquoted(text: string): string {
  const pattern = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs;
  return text.slice(1, -1).replace(pattern, (_all, byte?: string, short?: string, long?: string, letter = '') => {
    const hex = byte ?? short ?? long;
    return hex === undefined ? (ESCAPES[letter] ?? letter) : codePoint(Number.parseInt(hex, 16));
  });
}

function codePoint(code: number): string {
  if (code <= 0x10ffff) return String.fromCodePoint(code);
  throw malformed(`there is no character ${code.toString(16)}`);
}

/** What is wrong with a template is wrong with the option that brought it. */
export const malformed = (message: string, hint?: string): MvmError =>
  new MvmError('usage', `--format: ${message}`, hint === undefined ? {} : { hint });
