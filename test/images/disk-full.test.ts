import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDisk } from '../../images/rootfs/build-disk.ts';
import { writeTar } from '../../images/rootfs/tar-writer.ts';
import { layerFile } from './layer-file.ts';

const small = mkdtempSync(join(tmpdir(), 'mvm-small-'));
const canMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]).status === 0;
const why = canMount ? '' : ' (skipped: mounting a small tmpfs needs root)';

afterAll(() => {
  if (canMount) execFileSync('umount', [small]);
  rmdirSync(small);
});

describe('a disk that does not fit', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mvm-full-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const archive = writeTar([{ path: 'large', kind: 'file', content: Buffer.alloc(5 << 20, 'x') }]);

  it.skipIf(!canMount).each([
    ['while it is written', archive],
    ['while a layer is unpacked', gzipSync(archive)],
  ])(`says so %s and gives the space back${why}`, async (_, bytes) => {
    const path = join(folder, 'layer');
    const layers = [await layerFile(path, archive, bytes)];
    const building = buildDisk({ layers, out: join(small, 'image.erofs'), uuidFrom: '' });
    await expect(building).rejects.toMatchObject({ code: 'disk.full', message: expect.stringContaining(small) });
    expect(readdirSync(small)).toEqual([]);
  });
});
