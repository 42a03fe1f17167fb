/** The little of man(7) that our pages use; what comes in is plain text. */
import { wrap } from '../../vmm/cli/wrap.ts';

export const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;
const italic = (text: string): string => `\\fI${escaped(text)}\\fR`;

/** Characters that roff reads as its own, or that it would make typographic. */
const SPECIAL: Record<string, string> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '’': '\\(cq',
};

export function escaped(text: string): string {
  return text.replace(/[\\\-'"`^~’]|[^\x20-\x7e]/gu, (character) => SPECIAL[character] ?? unicode(character));
}

const unicode = (character: string): string =>
  `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;

/** A paragraph's text, its options set in bold. */
export function prose(text: string): string {
  const option = /(^|[\s('/])(--?[a-z][\w-]*)(?![\w-])/gi;
  let done = 0;
  let out = '';
  for (const match of text.matchAll(option)) {
    const [, before = '', name = ''] = match;
    out += escaped(text.slice(done, match.index) + before) + bold(name);
    done = match.index + match[0].length;
  }
  return out + escaped(text.slice(done));
}

/** A usage: what is written as it stands in bold, what stands for something else in italics. */
export function usageText(usage: string): string {
  return usage.replace(/[a-z][\w-]*|[A-Z]+|[^A-Za-z]+/g, (part) =>
    /^[a-z]/.test(part) ? bold(part) : /^[A-Z]/.test(part) ? italic(part) : escaped(part),
  );
}

/** In lines that mandoc likes; one that begins with a dot would be a request. */
const filled = (text: string): string[] => wrap(text, LONGEST).map(guarded);
const LONGEST = 80;
const guarded = (line: string): string => line.replace(/^\./, '\\&.');

export const title = (name: string, version: string, date: string): string =>
  `.TH ${name.toUpperCase().replaceAll('-', '\\-')} 1 ${date} "mvm ${version}" "mvm manual"`;

export const section = (name: string): string => `.SH ${name.includes(' ') ? `"${name}"` : name}`;
export const subsection = (name: string): string => `.SS ${escaped(name)}`;
/** Of a section, whose first one needs no macro. */
export const paragraphs = (texts: readonly string[]): string[] =>
  texts.flatMap((text, index) => [...(index > 0 ? ['.PP'] : []), ...filled(prose(text))]);

export const item = (term: string, text: string): string[] => ['.TP', guarded(term), ...filled(prose(text))];

/** Lines as they are. */
export const example = (lines: readonly string[]): string[] => [
  '.RS 4',
  '.EX',
  ...lines.map((line) => guarded(escaped(line))),
  '.EE',
  '.RE',
];
