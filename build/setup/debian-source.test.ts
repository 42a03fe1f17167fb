import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findArchive } from './debian-source.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'mvm-sources-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

function put(...names: string[]): void {
  mkdirSync(join(cache, 'sources'), { recursive: true });
  for (const name of names) writeFileSync(join(cache, 'sources', name), '');
}

test('the newest archive of a source package is found, whatever lies beside it', () => {
  expect(findArchive(cache, 'qemu')).toBeNull();
  put(
    'qemu_9.2.0+ds.orig.tar.xz',
    'qemu_10.0.2+ds.orig.tar.xz',
    'qemu-web_11.orig.tar.xz',
    'qemu_11.dsc',
    'unfinished-x',
  );
  expect(findArchive(cache, 'qemu')).toBe(join(cache, 'sources', 'qemu_10.0.2+ds.orig.tar.xz'));
});

test('an archive that came another way is named by a variable, and must be there', () => {
  put('qemu_10.0.2+ds.orig.tar.xz');
  writeFileSync(join(cache, 'mine.tar'), '');
  vi.stubEnv('MVM_QEMU_SOURCE', join(cache, 'mine.tar'));
  expect(findArchive(cache, 'qemu')).toBe(join(cache, 'mine.tar'));
  vi.stubEnv('MVM_QEMU_SOURCE', join(cache, 'none.tar'));
  expect(findArchive(cache, 'qemu')).toBeNull();
});
