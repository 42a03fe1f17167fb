/** What a machine takes of this computer, from one reading of the service to the next. */
import type { MachineStats } from '../../vmm/contract/types.ts';

export interface Usage {
  latest: MachineStats;
  /** share of one CPU between the last two readings, in hundredths; null after the first */
  cpuPercent: number | null;
  cpuHistory: readonly number[];
  memoryHistory: readonly number[];
}

/** As many as a sparkline has room for. */
const KEPT = 40;

export function nextUsage(before: Usage | null, latest: MachineStats): Usage {
  const cpuPercent = before && percent(before.latest, latest);
  return {
    latest,
    cpuPercent,
    cpuHistory: append(before?.cpuHistory, cpuPercent),
    memoryHistory: append(before?.memoryHistory, latest.memoryBytes),
  };
}

/** null when the engine is another one, whose time began anew. */
function percent(before: MachineStats, { cpuMs, at }: MachineStats): number | null {
  if (before.cpuMs === null || cpuMs === null || at <= before.at || cpuMs < before.cpuMs) return null;
  return (100 * (cpuMs - before.cpuMs)) / (at - before.at);
}

const append = (history: readonly number[] = [], value: number | null): readonly number[] =>
  value === null ? history : [...history.slice(1 - KEPT), value];

/** An SVG path through `values`, as wide as `KEPT` of them; the newest is at the right edge. */
export function sparkline(values: readonly number[], most: number, width: number, height: number): string {
  const step = width / (KEPT - 1);
  const scale = (height - 2) / Math.max(most, 1e-9);
  const points = values.map((value, index) => {
    const x = width - (values.length - 1 - index) * step;
    return `${round(x)} ${round(height - 1 - Math.min(value, most) * scale)}`;
  });
  return points.length < 2 ? '' : `M${points.join('L')}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
