/** Breaks a paragraph between words into lines of at most so many cells; those after the first are indented. */
import { textWidth } from './width.ts';

export function wrap(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  // The blanks before the first word, and between words, belong to the line.
  for (const piece of text.match(/\s*\S+/g) ?? []) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(last + piece) <= columns) lines[lines.length - 1] = last + piece;
    else lines.push(last === undefined ? piece : indent + piece.trimStart());
  }
  return lines;
}
