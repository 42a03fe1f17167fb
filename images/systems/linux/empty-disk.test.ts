import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeEmptyDisk, encodeEmptyDisk, expandEmptyDisk } from './empty-disk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mvm-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const disk = {
  size: 65_536,
  pieces: [
    { offset: 1024, data: Buffer.from('superblock') },
    { offset: 40_000, data: Buffer.from('journal\nwith lines') },
  ],
};

test('a disk comes back as it was, zeros between its pieces', () => {
  const [compact, out] = [join(folder, 'compact'), join(folder, 'disk')];
  writeFileSync(compact, encodeEmptyDisk(disk));
  expandEmptyDisk(compact, out, { durable: true });
  const expected = Buffer.alloc(disk.size);
  for (const { offset, data } of disk.pieces) data.copy(expected, offset);
  expect(readFileSync(out).equals(expected)).toBe(true);
  expect(statSync(out).mode & 0o777).toBe(0o600);
});

test('the space between the pieces takes no room on the host', () => {
  const [compact, out] = [join(folder, 'compact'), join(folder, 'disk')];
  writeFileSync(compact, encodeEmptyDisk({ ...disk, size: 2 ** 36 }));
  expandEmptyDisk(compact, out, { durable: false });
  const { size, blocks } = statSync(out);
  expect(size).toBe(2 ** 36);
  expect(blocks * 512).toBeLessThan(1_000_000);
});

test('what is encoded decodes to the same pieces', () => {
  const { size, pieces } = decodeEmptyDisk(encodeEmptyDisk(disk));
  expect(size).toBe(disk.size);
  expect(pieces.map(({ offset, data }) => [offset, data.toString()])).toEqual([
    [1024, 'superblock'],
    [40_000, 'journal\nwith lines'],
  ]);
});

test('a disk that cannot be written leaves nothing behind', () => {
  const [compact, occupied] = [join(folder, 'compact'), join(folder, 'disk')];
  writeFileSync(compact, encodeEmptyDisk(disk));
  mkdirSync(occupied);
  expect(() => expandEmptyDisk(compact, occupied, { durable: false })).toThrow(/EISDIR/);
  expect(readdirSync(folder).sort()).toEqual(['compact', 'disk']);
});
