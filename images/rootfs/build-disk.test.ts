import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layerFile } from '../../test/images/layer-file.ts';
import { LAYER } from '../../test/images/layout.ts';
import { buildDisk, removeUnfinishedDisks } from './build-disk.ts';
import { writeTar } from './tar-writer.ts';
import { isWholeDisk } from './whole-disk.ts';
import type { BuildProgress } from './worker.ts';

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

async function layer(bytes: Buffer, { contents = archive, mediaType = LAYER } = {}) {
  const path = join(folder, `layer-${(await readdir(folder)).length}`);
  return { ...(await layerFile(path, contents, bytes)), mediaType };
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

  const large = writeTar([{ path: 'f', kind: 'file', content: Buffer.alloc(20 << 20, 'x') }]);
  const largeLayer = () => layer(gzipSync(large, { level: 0 }), { contents: large });

  it('tells how far it is', async () => {
    const seen: BuildProgress[] = [];
    await buildDisk(
      { layers: [await largeLayer()], out: out(), uuidFrom: '' },
      { onProgress: (one) => seen.push(one) },
    );
    for (const step of ['unpacking', 'writing']) {
      const told = seen.filter((one) => one.step === step);
      expect(told.length).toBeGreaterThanOrEqual(2);
      expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).sort((a, b) => a - b));
      for (const { done, total } of told) expect(done).toBeLessThanOrEqual(total);
    }
  });

  it('leaves nothing behind when it is told to stop', async () => {
    const layers = [await largeLayer()];
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('enough'));
    const building = buildDisk({ layers, out: out(), uuidFrom: '' }, { signal: stop.signal, onProgress });
    await expect(building).rejects.toThrow('enough');
    expect(await disks()).toEqual([]);
  });

  it('leaves holes where files are empty', async () => {
    const content = Buffer.concat([Buffer.from('a'), Buffer.alloc(20 << 20), Buffer.from('z')]);
    const contents = writeTar([{ path: 'f', kind: 'file', content }]);
    await buildDisk({ layers: [await layer(gzipSync(contents), { contents })], out: out(), uuidFrom: '' });
    const { size, blocks } = await stat(out());
    expect(size).toBeGreaterThan(20 << 20);
    expect(blocks * 512).toBeLessThan(200_000);
    expect(await isWholeDisk(out(), '', { thorough: true })).toBe(true);
  });

  it.each([
    ['cut off', (disk: Buffer) => disk.subarray(0, -4096)],
    ['longer', (disk: Buffer) => Buffer.concat([disk, Buffer.alloc(4096)])],
    ['empty', () => Buffer.alloc(0)],
    ['overwritten at its start', (disk: Buffer) => Buffer.concat([Buffer.alloc(2000), disk.subarray(2000)])],
    ['changed in its first block', (disk: Buffer) => Buffer.from(disk.fill(1, 3000, 3001))],
    ['changed in its middle', (disk: Buffer) => Buffer.from(disk.fill(1, 100_000, 100_001))],
    ['changed in its last byte', (disk: Buffer) => Buffer.from(disk.fill(1, disk.length - 1))],
  ])('makes a disk that is known to be whole, until it is %s', async (_, spoil) => {
    await buildDisk({ layers: [await layer(archive)], out: out(), uuidFrom: 'sha256:1' });
    expect(await isWholeDisk(out(), 'sha256:1')).toBe(true);
    expect(await isWholeDisk(out(), 'sha256:2')).toBe(false);
    await writeFile(out(), spoil(await readFile(out())));
    expect(await isWholeDisk(out(), 'sha256:1')).toBe(false);
    await rm(out());
    expect(await isWholeDisk(out(), 'sha256:1')).toBe(false);
  });

  it('makes a disk that is known to be whole again when it was copied', async () => {
    await buildDisk({ layers: [await layer(archive)], out: out(), uuidFrom: 'sha256:1' });
    const { mtimeMs } = await stat(out());
    await writeFile(out(), await readFile(out()));
    expect((await stat(out())).mtimeMs).not.toBe(mtimeMs);
    expect(await isWholeDisk(out(), 'sha256:1')).toBe(true);
    expect((await stat(out())).mtimeMs).toBe(mtimeMs);
  });

  it('finds what changed behind an unbroken seal when it looks thoroughly', async () => {
    await buildDisk({ layers: [await layer(archive)], out: out(), uuidFrom: 'sha256:1' });
    const { mtime } = await stat(out());
    await writeFile(out(), (await readFile(out())).fill(1, 100_000, 100_001));
    await utimes(out(), mtime, mtime);
    expect(await isWholeDisk(out(), 'sha256:1')).toBe(true);
    expect(await isWholeDisk(out(), 'sha256:1', { thorough: true })).toBe(false);
  });

  const other = writeTar([{ path: 'other', kind: 'file', content: Buffer.alloc(0) }]);
  it.each([
    ['a damaged archive', archive.subarray(0, 2000), { contents: archive.subarray(0, 2000) }, 'image.corrupt'],
    ['a gzip layer cut off', gzipSync(archive).subarray(0, -20), {}, 'image.corrupt'],
    ['a zstd layer cut off', zstdCompressSync(archive).subarray(0, -9), {}, 'image.corrupt'],
    ['an encrypted layer', archive, { mediaType: `${LAYER}+encrypted` }, 'image.unsupported'],
    ['a layer with other contents than its image says', other, {}, 'image.corrupt'],
    ['a compressed layer with other contents than its image says', gzipSync(other), {}, 'image.corrupt'],
  ])('refuses %s and leaves nothing behind', async (_, bytes, more, code) => {
    const layers = [await layer(bytes, more)];
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
