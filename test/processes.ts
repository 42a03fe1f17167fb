/** What runs, by /proc: the truth that no service tells. */
import { readdirSync, readFileSync } from 'node:fs';

/** The pids of the engines whose command line names something in the folder. */
export const enginesIn = (folder: string): number[] =>
  running((pid) => {
    const words = wordsOf(pid, 'cmdline');
    return words[0]?.includes('qemu') === true && words.some((word) => word.includes(folder));
  });

/** The pids of whatever was started for this home: its services, their shells, its engines, and those that ask. */
export const processesOf = (home: string): number[] => [
  ...running((pid) => wordsOf(pid, 'environ').includes(`MVM_HOME=${home}`)),
  ...enginesIn(home),
];

const running = (isWanted: (pid: string) => boolean): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isWanted(name))
    .map(Number);

/** None of a process that has ended while we looked, or is another user's. */
function wordsOf(pid: string, what: 'cmdline' | 'environ'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Kills all of them, and those that they start meanwhile; resolves when none is left. */
export async function killAll(find: () => number[]): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (let pids = find(); pids.length > 0; pids = find()) {
    if (performance.now() > deadline) throw new Error(`processes that cannot be killed: ${pids.join(', ')}`);
    for (const pid of pids) kill(pid);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended while we looked.
  }
}
