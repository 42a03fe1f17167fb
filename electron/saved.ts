/** A small JSON file of the app's own, written whole; one that cannot be read counts as not there. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export function readSaved(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Absent at first, or damaged: either way the app begins with its defaults.
    return null;
  }
}

export function save(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`, 0o600);
}

/** When it cannot be, what was there stays, and nothing else. */
export function writeWhole(path: string, text: string, mode: number): void {
  const partial = `${path}.${process.pid}.partial`;
  try {
    writeFileSync(partial, text, { mode });
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}
