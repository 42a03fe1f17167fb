/** A start as a chart: the steps that were reached, each from the end of the one before. */
import type { Timeline } from '../../vmm/contract/types.ts';

export interface Step {
  name: string;
  /** the guest's time, not this computer's */
  guest: boolean;
  from: number;
  to: number;
}

const POINTS: { point: Exclude<keyof Timeline, 'requestedAt'>; name: string; guest: boolean }[] = [
  { point: 'engineStarted', name: 'Image and disk', guest: false },
  { point: 'kernelEntered', name: 'Start the engine', guest: false },
  { point: 'agentReady', name: 'Kernel and agent', guest: true },
  { point: 'programStarted', name: 'Start the program', guest: true },
  { point: 'firstByte', name: 'First byte', guest: true },
];

export function steps(timeline: Timeline): Step[] {
  const reached: Step[] = [];
  let from = 0;
  for (const { point, name, guest } of POINTS) {
    const to = timeline[point];
    if (to === undefined) continue;
    reached.push({ name, guest, from, to: Math.max(from, to) });
    from = Math.max(from, to);
  }
  return reached;
}

/** The one large figure: until the first byte, or until the program ran if it said nothing. */
export function answeredAfter({ firstByte, programStarted }: Timeline): { ms: number; what: string } | null {
  if (firstByte !== undefined) return { ms: firstByte, what: 'request to first byte' };
  if (programStarted !== undefined) return { ms: programStarted, what: 'request to program started' };
  return null;
}

/** Marks of an axis up to `span`: a 1, 2 or 5 followed by zeros apart, and at most six of them. */
export function ticks(span: number): number[] {
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-3)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? span;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}
