import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../images/rootfs/byte-source.ts';
import { writeErofs } from '../../images/rootfs/erofs.ts';
import { mergeLayers } from '../../images/rootfs/layers.ts';
import { readTar } from '../../images/rootfs/tar.ts';
import { type TarInput, writeTar } from '../../images/rootfs/tar-writer.ts';
import { type Directory, plainDirectory } from '../../images/rootfs/tree.ts';
import { readErofs } from './erofs-reader.ts';
import { expectedFacts } from './facts.ts';
import { entriesOf, noise, noiseAt, randomTree } from './random-tree.ts';

const hasOracle = spawnSync('fsck.erofs', ['-V']).status === 0;
const noOracle = 'erofs-utils is not installed';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mvm-erofs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** From a tar archive to the path of a disk. */
function diskOf(archive: Buffer): string {
  const layer = join(folder, 'layer.tar');
  const disk = join(folder, 'disk.erofs');
  writeFileSync(layer, archive);
  const files = [openSync(layer, 'r'), openSync(disk, 'w+')] as const;
  try {
    const root = mergeLayers([readTar(memorySource(archive))]);
    writeErofs({ root, layers: [files[0]], disk: files[1], uuid: Buffer.alloc(16, 7) });
  } finally {
    files.forEach(closeSync);
  }
  return disk;
}

function check(disk: string): string {
  return execFileSync('fsck.erofs', ['--extract', disk], { encoding: 'utf8' });
}

describe('the EROFS writer', () => {
  it('keeps every name, byte, owner, mode, time, link and attribute of any tree', () => {
    const roundTrip = (root: Directory) => {
      const disk = diskOf(writeTar(entriesOf(root)));
      expect(readErofs(readFileSync(disk))).toEqual(expectedFacts(root, noiseAt));
    };
    fc.assert(fc.property(randomTree, roundTrip), { numRuns: 150 });
  });

  it.skipIf(!hasOracle)(`satisfies fsck.erofs with any tree${hasOracle ? '' : ` (skipped: ${noOracle})`}`, () => {
    fc.assert(
      fc.property(randomTree, (root) => {
        check(diskOf(writeTar(entriesOf(root))));
      }),
      { numRuns: 40 },
    );
  });

  it('writes the same bytes from the same layers', () => {
    fc.assert(
      fc.property(randomTree, (root) => {
        const archive = writeTar(entriesOf(root));
        const first = readFileSync(diskOf(archive));
        expect(readFileSync(diskOf(archive)).equals(first)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it('finds every name in a folder of thousands, the longest included', () => {
    const root = plainDirectory();
    for (let index = 0; index < 5000; index++) {
      const name = index.toString().padEnd(index % 50 === 0 ? 255 : 4 + (index % 9), 'n');
      const content = { layer: 0, offset: index, size: index % 40 };
      root.children.set(name, { ...plainDirectory(), kind: 'file', content });
    }
    const disk = diskOf(writeTar(entriesOf(root)));
    expect(readErofs(readFileSync(disk))).toEqual(expectedFacts(root, noiseAt));
    if (hasOracle) check(disk);
  });

  it('keeps large files whole, and attributes larger than a block', () => {
    const large = Buffer.concat([noise, noise, noise, noise, noise, noise.subarray(0, 4099)]);
    const xattrs = new Map([
      ['user.large', noise.subarray(0, 65_535)],
      ['user.other', noise.subarray(9, 20_000)],
    ]);
    const disk = diskOf(writeTar([{ path: 'd/large', kind: 'file', content: large, xattrs }]));
    const [file] = readErofs(readFileSync(disk)).filter(({ path }) => path === '/d/large');
    expect(file?.content?.size).toBe(large.length);
    expect(file?.xattrs['user.large']).toBe(noise.toString('hex', 0, 65_535));
    if (hasOracle) check(disk);
  });

  it('keeps a path of 4,000 characters', () => {
    const path = Array.from({ length: 20 }, (_, index) => String(index).padStart(199, 'p')).join('/');
    const disk = diskOf(writeTar([{ path, kind: 'file', content: noise.subarray(0, 10) }]));
    expect(readErofs(readFileSync(disk)).at(-1)?.path).toBe(`/${path}`);
  });

  it('refuses an attribute that EROFS cannot hold, with the file that has it', () => {
    const entry: TarInput = { path: 'bin/big', kind: 'fifo', xattrs: new Map([['user.big', Buffer.alloc(65_536)]]) };
    expect(() => diskOf(writeTar([entry]))).toThrow(/attributes of big .*user\.big/);
  });

  it('leaves out attributes of other systems', () => {
    const xattrs = new Map([['com.apple.provenance', Buffer.from('x')]]);
    const disk = diskOf(writeTar([{ path: 'f', kind: 'fifo', xattrs }]));
    expect(readErofs(readFileSync(disk)).at(-1)?.xattrs).toEqual({});
  });

  it.skipIf(!hasOracle)(`says of itself what dump.erofs reads${hasOracle ? '' : ` (skipped: ${noOracle})`}`, () => {
    const disk = diskOf(writeTar([{ path: 'a/b', kind: 'file', content: noise.subarray(0, 5000), uid: 4e9 }]));
    const summary = execFileSync('dump.erofs', ['-s', disk], { encoding: 'utf8' });
    expect(summary).toMatch(/inode count: +3\n/);
    expect(summary).toMatch(/features: +sb_csum mtime/);
    const file = execFileSync('dump.erofs', ['--path=/a/b', disk], { encoding: 'utf8' });
    expect(file).toMatch(/Size: 5000 /);
    expect(file).toMatch(/Uid: 4000000000 /);
  });
});
