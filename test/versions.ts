/** The bundles of this checkout as another version's: the same programs but for the number. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

export const VERSION = version;

const PROGRAMS = ['cli.cjs', 'service.mjs', 'renderer/main.js'];

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The folder of the bundles. */
export function bundlesOf(other: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mvm-version-'));
  made.push(folder);
  const built = join(folder, '.build');
  mkdirSync(built);
  for (const name of ['cli.cjs', 'service.mjs', 'erofs-worker.mjs', 'artifacts.json', 'renderer'])
    cpSync(join(ROOT, '.build', name), join(built, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const name of PROGRAMS) {
    const path = join(built, name);
    const text = readFileSync(path, 'utf8');
    // A text, in whichever quotes its bundler writes them.
    const changed = text.replaceAll(version, (found, at) => (/["'`]/.test(text[at - 1] ?? '') ? other : found));
    if (changed === text && other !== version) throw new Error(`${name} does not say that it is ${version}`);
    writeFileSync(path, changed);
  }
  return built;
}
