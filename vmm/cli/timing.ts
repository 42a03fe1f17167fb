/** Where the time of a run went: a chart on a terminal, a table in a pipe, JSON for programs. */
import type { Timeline } from '../contract/types.ts';
import type { Context } from './command.ts';
import { type Paint, paints } from './output.ts';
import { writeLines } from './table.ts';
import { hasGlyphs } from './tty.ts';

/** In the order they happen; ms since the request reached the service. */
const POINTS = [
  ['engineStarted', 'engine started'],
  ['kernelEntered', 'kernel entered'],
  ['agentReady', 'agent ready'],
  ['programStarted', 'program started'],
  ['firstByte', 'first byte'],
  ['exited', 'exited'],
] as const satisfies [keyof Timeline, string][];

export function printTiming({ stderr, env }: Context, timeline: Timeline, json: boolean): void {
  if (json) stderr.write(`${JSON.stringify(timeline)}\n`);
  else if (!stderr.isTTY || env.TERM === 'dumb') writeLines(stderr, tableOf(timeline));
  else writeLines(stderr, chart(timeline, stderr.columns || 80, { ...paints(stderr, env), glyphs: hasGlyphs(env) }));
}

interface Step {
  label: string;
  /** ms */
  from: number;
  to: number;
}

/** From each point to the next. */
function stepsOf(timeline: Timeline): Step[] {
  const steps: Step[] = [];
  for (const [point, label] of POINTS) {
    const to = timeline[point];
    if (to !== undefined) steps.push({ label, from: Math.min(to, steps.at(-1)?.to ?? 0), to });
  }
  return steps;
}

const LABEL = 17;

function tableOf(timeline: Timeline): string[] {
  const line = ({ label, from, to }: Step) =>
    `${label.padEnd(LABEL)} ${ms(to)}  ${`+${(to - from).toFixed(1)}`.padStart(9)}`;
  return [`${'request'.padEnd(LABEL)} ${ms(0)}`, ...stepsOf(timeline).map(line)];
}

const ms = (value: number): string => `${value.toFixed(1).padStart(9)} ms`;

interface Look {
  cyan: Paint;
  yellow: Paint;
  dim: Paint;
  /** the terminal has more than ASCII */
  glyphs: boolean;
}

const WIDEST_BAR = 60;
const LEAST_BAR = 10;
/** `  1234.5   1234.5` */
const FIGURES = 20;

/** Each step as a bar over the time in which it happened; the longest stands out. */
export function chart(timeline: Timeline, columns: number, look: Look): string[] {
  const steps = stepsOf(timeline);
  const room = columns - LABEL - FIGURES - 1;
  if (room < LEAST_BAR) return tableOf(timeline);
  const width = Math.min(WIDEST_BAR, room);
  const whole = Math.max(1, ...steps.map(({ to }) => to));
  const longest = Math.max(...steps.map(({ from, to }) => to - from));
  const head = `${'ms since request'.padEnd(LABEL)} ${' '.repeat(width)}${'at'.padStart(9)}${'took'.padStart(11)}`;
  const line = ({ label, from, to }: Step) => {
    const paint = to - from === longest ? look.yellow : look.cyan;
    const { before, bar } = place(from / whole, to / whole, width, look.glyphs);
    const after = ' '.repeat(Math.max(0, width - before - bar.length));
    const figures = `${to.toFixed(1).padStart(9)}${(to - from).toFixed(1).padStart(11)}`;
    return `${label.padEnd(LABEL)} ${' '.repeat(before)}${paint(bar)}${after}${look.dim(figures)}`;
  };
  return [look.dim(head), ...steps.map(line)];
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Begins at a whole cell and ends at an eighth of one; whatever happened is seen. */
function place(from: number, to: number, width: number, glyphs: boolean): { before: number; bar: string } {
  const before = Math.min(width - 1, Math.floor(from * width));
  const cells = Math.min(width - before, to * width - before);
  if (!glyphs) return { before, bar: '#'.repeat(Math.max(1, Math.round(cells))) };
  const eighths = Math.max(1, Math.round(cells * 8));
  return { before, bar: '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8] };
}
