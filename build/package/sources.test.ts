import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { memorySource } from '../../images/rootfs/byte-source.ts';
import { readTar } from '../../images/rootfs/tar.ts';
import type { Source } from './origins.ts';
import { packageSources } from './sources.ts';

const root = join(import.meta.dirname, '..', '..');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'mvm-sources-'));
  for (const folder of ['cache/sources', 'parts/licences', 'out']) mkdirSync(join(place, folder), { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(place, { recursive: true });
});

const put = (name: string, text: string): void => writeFileSync(join(place, 'cache', 'sources', name), text);

/** As Debian describes a source package; fields follow the digests too. */
const describe = (files: Record<string, string>): string =>
  `Format: 3.0 (quilt)\nChecksums-Sha256:\n${Object.entries(files)
    .map(([name, text]) => ` ${sha256(text)} ${text.length} ${name}\n`)
    .join('')}Files:\n 0123 4 ignored.tar.xz\n`;

function make(sources: Source[]): Promise<string> {
  const entry = { name: 'QEMU', licence: 'GPL-2.0-only', files: ['engine/*'], text: 'qemu.txt', sources };
  writeFileSync(join(place, 'parts', 'licences', 'list.json'), JSON.stringify([entry]));
  const [cache, parts, out] = ['cache', 'parts', 'out'].map((name) => join(place, name)) as [string, string, string];
  return packageSources({ root, cache, parts, out, say: () => {} });
}

/** Names and contents of what others made. */
function archivesIn(tar: string): Map<string, string> {
  const bytes = readFileSync(tar);
  return new Map(
    [...readTar(memorySource(bytes))].flatMap((entry) => {
      const [, name] = entry.path.match(/^mvm-[^/]+-sources\/archives\/(.+)/) ?? [];
      if (!name || entry.kind !== 'file') return [];
      const { offset, size } = entry.content;
      return [[name, bytes.toString('latin1', offset, offset + size)]];
    }),
  );
}

it('an archive that is there under the right name, but is another one than was compiled, is refused', async () => {
  put('qemu_10.0.2+ds.orig.tar.xz', 'another');
  const wanted = { name: 'qemu', sha256: sha256('the one') };
  await expect(make([wanted])).rejects.toMatchObject({
    code: 'package.no-source',
    message: expect.stringContaining(wanted.sha256),
  });
  vi.stubEnv('MVM_QEMU_SOURCE', join(place, 'mine.tar'));
  writeFileSync(join(place, 'mine.tar'), 'the one');
  expect(await make([wanted])).toMatch(/mvm-\d+\.\d+\.\d+-sources\.tar$/);
});

it('of what Debian compiled every file belongs to it, and each is what its description says', async () => {
  const files = { 'busybox_1.35.0.orig.tar.bz2': 'theirs', 'busybox_1.35.0-4.debian.tar.xz': "Debian's changes" };
  const busybox = { name: 'busybox', version: '1:1.35.0-4' };
  put('busybox_1.35.0-4.dsc', describe(files));
  put('busybox_1.35.0.orig.tar.bz2', 'theirs');
  await expect(make([busybox])).rejects.toThrow('busybox_1.35.0-4.debian.tar.xz');
  put('busybox_1.35.0-4.debian.tar.xz', 'not theirs');
  await expect(make([busybox])).rejects.toThrow('busybox_1.35.0-4.debian.tar.xz');
  put('busybox_1.35.0-4.debian.tar.xz', "Debian's changes");
  const found = archivesIn(await make([busybox]));
  for (const [name, text] of Object.entries(files)) expect(found.get(name)).toBe(text);
});
