/** How far something is, in a line. */
import type { Paint } from './output.ts';
import { size, took } from './units.ts';
import { clip, textWidth } from './width.ts';

export interface ProgressState {
  step: string;
  /** bytes; null for work that is not counted */
  done: number | null;
  total: number | null;
  elapsedMs: number;
  /** null while it is not known */
  bytesPerSecond: number | null;
}

interface Look {
  cyan: Paint;
  dim: Paint;
  /** the terminal has more than ASCII */
  glyphs: boolean;
}

/** For a terminal of so many columns: what has no room is left out, from the right. */
export function progressText(state: ProgressState, columns: number, look: Look): string {
  const facts = factsOf(state);
  const head = clip(state.step, columns);
  const width = (shown: string[]) => [head, ...shown].reduce((sum, part) => sum + textWidth(part) + GAP, -GAP);
  while (facts.length > 0 && width(facts) > columns) facts.pop();
  const room = Math.min(MOST_BAR, columns - width(facts) - GAP);
  const share = shareOf(state);
  const mark = share === null ? spinner(state, look) : room >= LEAST_BAR ? bar(share, room, look) : null;
  const marks = mark !== null && width(facts) + 1 + GAP <= columns ? [mark] : [];
  return [head, ...marks, ...facts.map(look.dim)].join('  ');
}

const GAP = 2;
const LEAST_BAR = 8;
const MOST_BAR = 40;

/** For a pipe: a sentence without its end. */
export function progressLine(state: ProgressState): string {
  const share = shareOf(state);
  const { step, done, total, elapsedMs } = state;
  const amount = done === null ? took(elapsedMs) : total === null ? size(done) : `${size(done)} of ${size(total)}`;
  const known = share === null ? amount : `${amount} (${percent(share)})`;
  return [`${step}: ${known}`, ...[rateText(state), timeLeft(state)].filter((text) => text !== null)].join(', ');
}

function factsOf(state: ProgressState): string[] {
  const { done, total, elapsedMs } = state;
  const share = shareOf(state);
  const facts = [
    share === null ? null : percent(share).padStart(4),
    done === null ? null : total === null ? size(done) : `${size(done)} of ${size(total)}`,
    done === null && elapsedMs >= 1000 ? took(elapsedMs) : null,
    rateText(state),
    timeLeft(state),
  ];
  return facts.filter((fact) => fact !== null);
}

/** What is said of the total may be too little: never more than all of it. */
function shareOf({ done, total }: ProgressState): number | null {
  return done === null || total === null || total <= 0 ? null : Math.min(1, done / total);
}

/** All of it only when it is. */
const percent = (share: number): string => `${Math.floor(share * 100)}%`;

const rateText = ({ bytesPerSecond }: ProgressState): string | null =>
  bytesPerSecond === null ? null : `${size(bytesPerSecond)}/s`;

/** Sooner it would be a guess, ms. */
const HONEST_MS = 2_000;

function timeLeft({ done, total, elapsedMs, bytesPerSecond }: ProgressState): string | null {
  if (done === null || total === null || done >= total || !bytesPerSecond || elapsedMs < HONEST_MS) return null;
  const seconds = (total - done) / bytesPerSecond;
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`;
  return seconds < 3600 ? `${Math.round(seconds / 60)} min left` : `${Math.round(seconds / 3600)} h left`;
}

function bar(share: number, width: number, { cyan, dim, glyphs }: Look): string {
  if (!glyphs) return `[${'#'.repeat(Math.floor(share * (width - 2))).padEnd(width - 2, '.')}]`;
  const halves = Math.floor(share * width * 2);
  const full = '━'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '╸' : '');
  return cyan(full) + dim('─'.repeat(width - full.length));
}

const FRAMES = { glyphs: '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏', ascii: '|/-\\' };
const FRAME_MS = 100;

function spinner({ elapsedMs }: ProgressState, { cyan, glyphs }: Look): string {
  const frames = glyphs ? FRAMES.glyphs : FRAMES.ascii;
  return cyan(frames[Math.floor(elapsedMs / FRAME_MS) % frames.length] ?? '');
}
