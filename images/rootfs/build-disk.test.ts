import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildDisk, removeUnfinishedDisks } from './build-disk.ts';
import { writeTar } from './tar-writer.ts';
import { isWholeDisk } from './whole-disk.ts';

const TAR = 'application/vnd.oci.image.layer.v1.tar';

const archive = writeTar([
  { path: 'etc/motd', kind: 'file', content: Buffer.from('hello') },
  { path: 'large', kind: 'file', content: Buffer.alloc(300_000, 'large') },
]);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mvm-disk-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const out = () => join(folder, 'disks-image.erofs');

async function layer(bytes: Buffer, mediaType = TAR) {
  const path = join(folder, `layer-${(await readdir(folder)).length}`);
  await writeFile(path, bytes);
  return { path, mediaType };
}

async function disks(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('disks-'));
}

describe('building a disk', () => {
  it('gives the same disk for plain, gzip and zstd layers, in several frames too, and leaves nothing beside it', async () => {
    const built: Buffer[] = [];
    const frames = [archive.subarray(0, 700), archive.subarray(700)].map((part) => zstdCompressSync(part));
    for (const bytes of [archive, gzipSync(archive), zstdCompressSync(archive), Buffer.concat(frames)]) {
      const size = await buildDisk({ layers: [await layer(bytes)], out: out(), uuidFrom: 'sha256:1' });
      expect(size).toEqual({ bytes: (await stat(out())).size, entries: 3 });
      built.push(await readFile(out()));
    }
    for (const disk of built) expect(disk.equals(built[0] as Buffer)).toBe(true);
    expect(await disks()).toEqual(['disks-image.erofs']);
  });

  it('derives the UUID from the text given', async () => {
    const layers = [await layer(archive)];
    await buildDisk({ layers, out: out(), uuidFrom: 'sha256:1' });
    const first = await readFile(out());
    await buildDisk({ layers, out: out(), uuidFrom: 'sha256:2' });
    expect((await readFile(out())).equals(first)).toBe(false);
  });

  it('tells how far it is', async () => {
    const content = Buffer.alloc(20 << 20, 'x');
    const layers = [await layer(gzipSync(writeTar([{ path: 'f', kind: 'file', content }])))];
    const seen: number[] = [];
    await buildDisk({ layers, out: out(), uuidFrom: '' }, { onProgress: ({ bytes }) => seen.push(bytes) });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it('leaves nothing behind when it is told to stop', async () => {
    const content = Buffer.alloc(20 << 20, 'x');
    const layers = [await layer(gzipSync(writeTar([{ path: 'f', kind: 'file', content }])))];
    const stop = new AbortController();
    const building = buildDisk(
      { layers, out: out(), uuidFrom: '' },
      {
        signal: stop.signal,
        onProgress: () => stop.abort(new Error('enough')),
      },
    );
    await expect(building).rejects.toThrow('enough');
    expect(await disks()).toEqual([]);
  });

  it.each([
    ['cut off', (disk: Buffer) => disk.subarray(0, -4096)],
    ['longer', (disk: Buffer) => Buffer.concat([disk, Buffer.alloc(4096)])],
    ['empty', () => Buffer.alloc(0)],
    ['overwritten at its start', (disk: Buffer) => Buffer.concat([Buffer.alloc(2000), disk.subarray(2000)])],
    ['changed in its first block', (disk: Buffer) => Buffer.from(disk.fill(1, 3000, 3001))],
  ])('makes a disk that is known to be whole, until it is %s', async (_, spoil) => {
    await buildDisk({ layers: [await layer(archive)], out: out(), uuidFrom: 'sha256:1' });
    expect(isWholeDisk(out(), 'sha256:1')).toBe(true);
    expect(isWholeDisk(out(), 'sha256:2')).toBe(false);
    await writeFile(out(), spoil(await readFile(out())));
    expect(isWholeDisk(out(), 'sha256:1')).toBe(false);
    await rm(out());
    expect(isWholeDisk(out(), 'sha256:1')).toBe(false);
  });

  it.each([
    ['a damaged archive', archive.subarray(0, 2000), TAR, 'image.corrupt'],
    ['a gzip layer cut off', gzipSync(archive).subarray(0, -20), `${TAR}+gzip`, 'image.corrupt'],
    ['a zstd layer cut off', zstdCompressSync(archive).subarray(0, -9), `${TAR}+zstd`, 'image.corrupt'],
    ['an encrypted layer', archive, `${TAR}+encrypted`, 'image.unsupported'],
  ])('refuses %s and leaves nothing behind', async (_, bytes, mediaType, code) => {
    const layers = [await layer(bytes, mediaType)];
    await expect(buildDisk({ layers, out: out(), uuidFrom: '' })).rejects.toMatchObject({ name: 'MvmError', code });
    expect(await disks()).toEqual([]);
  });

  it('removes what a killed build left', async () => {
    await writeFile(`${out()}.building-abc`, 'half');
    await writeFile(out(), 'whole');
    await removeUnfinishedDisks(folder);
    expect(await disks()).toEqual(['disks-image.erofs']);
  });
});
