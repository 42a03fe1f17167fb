import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { binariesIn } from './binaries.ts';

it('binaries are found in folders and files that begin with a dot too, once each, and a link is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mvm-binaries-'));
  for (const name of ['bin/mvm', 'lib/.hidden/part', 'lib/.part.node']) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), '\x7fELF\0');
  }
  writeFileSync(join(folder, '.notes'), 'text');
  symlinkSync('nowhere', join(folder, 'dangling'));
  symlinkSync('.', join(folder, 'again'));
  symlinkSync('bin/mvm', join(folder, 'mvm'));
  expect(binariesIn(folder)).toEqual(['bin/mvm', 'lib/.hidden/part', 'lib/.part.node']);
});
