/** Running engines by /proc: the truth that no service tells. */
import { readdirSync, readFileSync } from 'node:fs';

/** The pids of those whose command line names something in the folder. */
export function enginesIn(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isEngineIn(pid, folder)).map(Number);
}

function isEngineIn(pid: string, folder: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words[0]?.includes('qemu') === true && words.some((word) => word.includes(folder));
  } catch {
    // It ended while we looked.
    return false;
  }
}
