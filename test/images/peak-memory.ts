import { readFileSync, writeFileSync } from 'node:fs';

/** From now on: what a process had in memory at most, beyond what it has now, in bytes. */
export function peakMemory(pid: number): () => number {
  const status = (name: string): number => {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+([0-9]+) kB$`, 'm').exec(text)?.[1]) * 1024;
  };
  // Sets the peak to the present size: proc(5), clear_refs.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = status('VmRSS');
  return () => status('VmHWM') - before;
}
