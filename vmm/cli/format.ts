/** `--format`: rows by a template, as docker's (`{{.Names}}`, `table {{.ID}}\t{{.Image}}`, `json`). */
import { tableLines } from './table.ts';
import { compile } from './template/evaluate.ts';
import { fields } from './template/values.ts';

/**
 * What it says of each row, a piece a row; `titles` are those of the fields, for the head of a table that fits `room`.
 * Null when the format asks for the command's own table.
 */
export function formatted(
  format: string,
  rows: object[],
  titles: Record<string, string>,
  room: number,
): string[] | null {
  const asked = format.trim();
  if (format === '' || asked === 'table') return null;
  if (asked === 'json') return rows.map(compile('{{json .}}'));
  if (!/^table\s/.test(asked)) return rows.map(compile(withEscapes(format)));
  const say = compile(withEscapes(asked.slice('table '.length)));
  const [head = [], ...cells] = [titleRow(titles), ...rows].map((row) => say(row).split('\t'));
  return tableLines(head.map(asColumn), cells, room);
}

/** All give way alike: nobody knows which of them matters. */
const asColumn = (title: string) => ({ title, least: 8 });

/** The head is what the template says of the titles; a label's title is its key. */
const titleRow = (titles: Record<string, string>): object =>
  fields({ ...titles, Label: (key: unknown) => String(key) });

/** What a shell leaves alone between single quotes: `\t` and `\n` outside of the actions. */
const withEscapes = (format: string): string =>
  format.replace(/\{\{[\s\S]*?\}\}|\\([tn])/g, (all, letter?: string) =>
    letter ? (letter === 't' ? '\t' : '\n') : all,
  );
