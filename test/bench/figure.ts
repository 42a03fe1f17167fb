/** One line of the table: what was measured, its samples, what it shall reach, and the command that anyone can run. */
export interface Figure {
  what: string;
  unit: Unit;
  /** in the order they were taken; empty when it could not be measured here, and then `skipped` says why */
  samples: number[];
  skipped?: string;
  bound?: Bound;
  command: string;
}

export type Unit = 'M insns' | 'times' | 'ms' | 's' | 'MB/s' | 'MiB' | 'kB' | 'frames' | 'objects';

/** An aim is told, a bound is kept. */
export interface Bound {
  kind: 'bound' | 'aim';
  atMost: number;
}

export const bound = (atMost: number): Bound => ({ kind: 'bound', atMost });
export const aim = (atMost: number): Bound => ({ kind: 'aim', atMost });

export interface Summary {
  median: number;
  least: number;
  most: number;
}

/** null without samples */
export function summarize(samples: readonly number[]): Summary | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  if (sorted.length === 0) return null;
  const middle = sorted.length / 2;
  const median = Number.isInteger(middle) ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle));
  return { median, least: at(0), most: at(sorted.length - 1) };
}

export type Verdict = 'met' | 'missed' | 'unknown';

/** By the median; null for a figure that nothing is asked of. */
export function verdict({ samples, bound }: Figure): Verdict | null {
  if (!bound) return null;
  const found = summarize(samples);
  if (!found) return 'unknown';
  return found.median <= bound.atMost ? 'met' : 'missed';
}

/** Whether `--check` fails: seconds depend on the host and its load, so they are shown and never failed upon. */
export function breaks(figure: Figure): boolean {
  const depends = figure.unit === 'ms' || figure.unit === 's' || figure.unit === 'frames';
  return !depends && figure.bound?.kind === 'bound' && verdict(figure) === 'missed';
}
