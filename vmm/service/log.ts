/** The service's log: one line a thing that happened, for a person to read, bounded. */
import { BoundedFile } from '../machine/bounded-file.ts';

const HALF = 1024 * 1024;

export function openLog(path: string, now: () => number): { line(text: string): void; close(): void } {
  const file = new BoundedFile(path, HALF);
  return {
    line(text) {
      const stamp = new Date(now()).toISOString();
      try {
        file.append(Buffer.from(`${stamp} [${process.pid}] ${text.replaceAll('\n', ' | ')}\n`));
      } catch {
        // A full disk costs the log's lines; what failed because of it is told to the client that asked.
      }
    },
    close: () => file.close(),
  };
}
