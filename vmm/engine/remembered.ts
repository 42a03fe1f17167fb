/** Small JSON files of what was found out and may be found out again: a damaged or missing one is as good as none. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export function readJson(path: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    // Missing, damaged or not ours to read: it is found out anew.
    return null;
  }
}

export function writeJson(path: string, value: unknown): void {
  const unfinished = `${path}.${process.pid}`;
  try {
    writeFileSync(unfinished, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    renameSync(unfinished, path);
  } catch {
    // A home that cannot be written to costs the next start some time; who needs to write there says so.
  }
}
