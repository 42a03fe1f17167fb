/** The app's own log: what it refused and what failed, for a person to read; two files of a mebibyte at most. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Log {
  line(text: string): void;
}

const HALF = 1024 * 1024;

export function openLog(path: string, now: () => number = Date.now): Log {
  return {
    line(text) {
      const line = `${new Date(now()).toISOString()} [${process.pid}] ${text.replace(/\s*\n\s*/g, ' | ')}\n`;
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        if (sizeOf(path) + line.length > HALF) renameSync(path, `${path}.1`);
        appendFileSync(path, line, { mode: 0o600 });
      } catch {
        // A full or read-only disk costs the log's lines; the window says itself what fails because of it.
      }
    },
  };
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
