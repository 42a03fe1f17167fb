/** stdout is the answer, stderr the conversation. */
import { MvmError } from '../contract/errors.ts';
import { printable } from '../contract/printable.ts';
import type { Context } from './command.ts';

type Paint = (text: string) => string;

/** Colours on a terminal alone, and never with NO_COLOR (https://no-color.org). */
export function paints(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): { red: Paint; dim: Paint; bold: Paint } {
  const on = stream.isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
  const paint = (open: number, close: number): Paint =>
    on ? (text) => `\x1b[${open}m${text}\x1b[${close}m` : (text) => text;
  return { red: paint(31, 39), dim: paint(2, 22), bold: paint(1, 22) };
}

/** What, the evidence, and what next. */
export function printError(context: Pick<Context, 'stderr' | 'env'>, error: unknown): void {
  const paint = paints(context.stderr, context.env);
  if (!(error instanceof MvmError)) {
    context.stderr.write(`${paint.red('mvm:')} this is a mistake in mvm: ${(error as Error)?.stack ?? error}\n`);
    return;
  }
  context.stderr.write(`${paint.red('mvm:')} ${error.message}\n`);
  const lines = consoleLines(error);
  if (lines.length > 0)
    context.stderr.write(paint.dim(`The console's last lines:\n${lines.map((line) => `  ${line}\n`).join('')}`));
  if (error.hint) context.stderr.write(`${error.hint}\n`);
}

function consoleLines(error: MvmError): string[] {
  const lines = error.details?.console;
  return Array.isArray(lines) ? lines.filter((line) => typeof line === 'string') : [];
}

export function printJson(stream: NodeJS.WriteStream, value: unknown): void {
  stream.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Columns as wide as their widest cell; the last one is cut to fit a terminal. A row is one line, whatever it holds. */
export function table(stream: NodeJS.WriteStream, head: string[], data: string[][]): void {
  const rows = data.map((row) => row.map((cell) => printable(cell.replace(/\s+/g, ' '))));
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const room = stream.isTTY ? stream.columns : Number.POSITIVE_INFINITY;
  const line = (cells: string[]) =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 3))).join('');
  for (const cells of [head, ...rows]) {
    const text = line(cells).trimEnd();
    stream.write(`${text.length > room ? `${text.slice(0, room - 1)}…` : text}\n`);
  }
}

export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, bytes > 0 ? Math.floor(Math.log2(bytes) / 10) : 0);
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** How long ago, or for how long, in one unit. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
