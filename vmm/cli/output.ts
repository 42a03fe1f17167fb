/** stdout is the answer, stderr the conversation. */
import { MvmError, reasonOf, toBody } from '../contract/errors.ts';
import { printable } from '../contract/printable.ts';
import type { Context } from './command.ts';

export type Paint = (text: string) => string;

const COLOURS = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  dim: [2, 22],
  bold: [1, 22],
} as const;

export type Paints = Record<keyof typeof COLOURS, Paint>;

/** Colours on a terminal alone, and never with NO_COLOR (https://no-color.org). */
export function paints(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Paints {
  const on = stream.isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
  const paint = ([open, close]: readonly [number, number]): Paint =>
    on ? (text) => `\x1b[${open}m${text}\x1b[${close}m` : (text) => text;
  return Object.fromEntries(Object.entries(COLOURS).map(([name, codes]) => [name, paint(codes)])) as Paints;
}

/** What went wrong, why, the evidence, and what next; with `--json` in one line, in the API's shape. */
export function printError(context: Pick<Context, 'stderr' | 'env' | 'json'>, error: unknown): void {
  const { stderr, env, json } = context;
  stderr.write(json ? `${JSON.stringify({ error: toBody(error) })}\n` : told(error, paints(stderr, env)));
}

function told(error: unknown, { red, dim }: Paints): string {
  const name = red('mvm:');
  if (!(error instanceof MvmError))
    return `${name} this is a mistake in mvm: ${(error as Error)?.stack ?? String(error)}\n`;
  const reason = reasonOf(error);
  const console = consoleLines(error);
  return [
    `${name} ${printable(error.message)}`,
    ...(reason ? [dim(`     ${printable(reason)}`)] : []),
    ...(console.length > 0 ? [dim(["The console's last lines:", ...console].join('\n  '))] : []),
    ...(error.hint ? [printable(error.hint)] : []),
    '',
  ].join('\n');
}

function consoleLines(error: MvmError): string[] {
  const lines = error.details?.console;
  return Array.isArray(lines) ? lines.filter((line) => typeof line === 'string') : [];
}

export function printJson(stream: NodeJS.WriteStream, value: unknown): void {
  stream.write(`${JSON.stringify(value, null, 2)}\n`);
}
