/** Tables: a row is one line, never wrapped, whatever it holds and however narrow the terminal is. */
import { printable } from '../contract/printable.ts';
import type { Paint } from './output.ts';
import { clip, textWidth } from './width.ts';

export interface Column {
  title: string;
  /** numbers that are compared down the column */
  right?: boolean;
  /** gives way on a narrow terminal, down to so many cells; a column that does not say this is always whole */
  least?: number;
  /** left out when no row has anything in it */
  optional?: boolean;
}

export type Cell = string | { text: string; paint: Paint };

/** Whole in a pipe, and fitted to a terminal. A column that is only a title never gives way. */
export function table(stream: NodeJS.WriteStream, columns: (string | Column)[], rows: Cell[][]): void {
  writeLines(stream, tableLines(columns.map(asColumn), rows, roomOf(stream)));
}

/** Cells of a line; a terminal may not know its own width. */
export const roomOf = (stream: NodeJS.WriteStream): number =>
  (stream.isTTY && stream.columns) || Number.POSITIVE_INFINITY;

export function writeLines(stream: NodeJS.WriteStream, lines: string[]): void {
  for (const line of lines) stream.write(`${line}\n`);
}

const asColumn = (column: string | Column): Column => (typeof column === 'string' ? { title: column } : column);

interface Shown {
  text: string;
  paint?: Paint;
}

export function tableLines(all: Column[], data: Cell[][], room: number): string[] {
  const rows = data.map((row) => row.map(asShown));
  const isShown = all.map(({ optional }, column) => !optional || rows.some((row) => row[column]?.text !== ''));
  const columns = all.filter((_, column) => isShown[column]);
  const shown = [all.map(({ title }): Shown => ({ text: title })), ...rows].map((row) =>
    row.filter((_, column) => isShown[column]),
  );
  const widths = columns.map((_, column) => Math.max(0, ...shown.map((row) => textWidth(row[column]?.text ?? ''))));
  const gap = total(widths, WIDE_GAP) > room ? NARROW_GAP : WIDE_GAP;
  narrow(widths, columns, room - gap * (columns.length - 1));
  return shown.map((row) => line(row, columns, widths, gap, room));
}

/** Cells between columns, as docker has them, and where it is narrow. */
const WIDE_GAP = 3;
const NARROW_GAP = 2;

const total = (widths: number[], gap: number): number =>
  widths.reduce((sum, width) => sum + width, gap * (widths.length - 1));

const asShown = (cell: Cell): Shown =>
  typeof cell === 'string' ? { text: oneLine(cell) } : { ...cell, text: oneLine(cell.text) };

const oneLine = (text: string): string => printable(text.replace(/\s+/g, ' '));

/** The widest of those that give way gives a cell, until the row fits or nobody can. */
function narrow(widths: number[], columns: Column[], room: number): void {
  for (let over = total(widths, 0) - room; over > 0; over--) {
    let widest = -1;
    for (const [column, { least }] of columns.entries())
      if (least !== undefined && at(widths, column) > least && at(widths, column) > at(widths, widest)) widest = column;
    if (widest < 0) return;
    widths[widest] = at(widths, widest) - 1;
  }
}

const at = (widths: number[], column: number): number => widths[column] ?? 0;

/** What still does not fit is cut at the terminal's edge, colours and all. */
function line(row: Shown[], columns: Column[], widths: number[], gap: number, room: number): string {
  let left = room;
  let text = '';
  for (const [column, { text: whole, paint }] of row.entries()) {
    const width = Math.min(at(widths, column), left);
    const cut = clip(whole, width);
    const padding = ' '.repeat(width - textWidth(cut));
    const painted = paint ? paint(cut) : cut;
    text += columns[column]?.right ? padding + painted : painted + padding;
    left = Math.max(0, left - width - gap);
    if (left > 0 && column < row.length - 1) text += ' '.repeat(gap);
  }
  return text.trimEnd();
}
