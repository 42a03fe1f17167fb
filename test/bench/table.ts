/** The table as text: a line a figure, its command last. */
import { type Bound, type Figure, summarize, type Unit, verdict } from './figure.ts';

export interface Row extends Figure {
  /** `npm run bench -- NAME` measures it alone */
  bench: string;
}

const HEAD = ['BENCH', 'WHAT', 'MEDIAN', 'LEAST - MOST', 'BOUND', '', 'COMMAND'];

export function table(rows: readonly Row[]): string {
  const lines = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return lines.map((cells) => `${line(cells).trimEnd()}\n`).join('');
}

function cellsOf(row: Row): string[] {
  const { bench, what, unit, samples, skipped, bound, command } = row;
  const found = summarize(samples);
  const value = found ? `${number(found.median, unit)} ${unit}` : 'none';
  const range = found && samples.length > 1 ? `${number(found.least, unit)} - ${number(found.most, unit)}` : '';
  return [bench, what, value, range, boundText(bound), verdict(row) ?? '', skipped ? `(${skipped})` : command];
}

const boundText = (bound: Bound | undefined): string =>
  bound ? `${bound.kind === 'aim' ? 'aim ' : ''}<= ${bound.atMost}` : '';

const DIGITS: Record<Unit, number> = {
  'M insns': 2,
  times: 2,
  ms: 1,
  s: 2,
  'MB/s': 0,
  MiB: 1,
  kB: 0,
  frames: 0,
  objects: 0,
};

const number = (value: number, unit: Unit): string => value.toFixed(DIGITS[unit]);
