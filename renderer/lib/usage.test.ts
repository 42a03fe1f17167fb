import { describe, expect, it } from 'vitest';
import type { MachineStats } from '../../vmm/contract/types.ts';
import { nextUsage, sparkline } from './usage.ts';

const reading = (at: number, cpuMs: number | null): MachineStats => ({
  machine: 'm',
  name: 'm',
  at,
  cpuMs,
  memoryBytes: 10,
  memoryLimitBytes: 100,
  diskBytes: null,
  guest: null,
});

describe('what a machine takes', () => {
  it('is known after two readings, by their own times', () => {
    const first = nextUsage(null, reading(1000, 500));
    expect(first.cpuPercent).toBeNull();
    expect(nextUsage(first, reading(3000, 1500)).cpuPercent).toBe(50);
  });

  it('is not made up when the engine is another one, or the host does not tell', () => {
    const first = nextUsage(null, reading(1000, 500));
    expect(nextUsage(first, reading(2000, 20)).cpuPercent).toBeNull();
    expect(nextUsage(first, reading(2000, null)).cpuPercent).toBeNull();
    expect(nextUsage(first, reading(1000, 500)).cpuHistory).toEqual([]);
  });

  it('has a line whose newest point is at the right edge', () => {
    expect(sparkline([0, 100], 100, 39, 22)).toBe('M38 21L39 1');
    expect(sparkline([5], 100, 39, 22)).toBe('');
  });
});
