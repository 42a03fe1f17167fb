/** Layers that mean harm: refused by name, or taken as docker takes them; on this host they change nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TarInput, writeTar } from '../../images/rootfs/tar-writer.ts';
import { homePaths } from '../../vmm/paths.ts';
import { World } from '../world.ts';
import { file } from './docker-archive.ts';
import { LAYER, Layout, named } from './layout.ts';
import { patched, SIZE } from './patched.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mvm-hostile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const link = (path: string, target: string): TarInput => ({ path, kind: 'symlink', target });
const hard = (path: string, target: string): TarInput => ({ path, kind: 'hardlink', target });

/** An image of one layer, as it is. */
function imageOf(layer: Buffer, mediaType = LAYER, layout = new Layout()): Layout {
  return layout.index(named(layout.imageOf([layout.blob(mediaType, layer)]), 'hostile'));
}

/** What an import could leave: files of the home, and of the temporary folder. */
const left = ({ home }: World): string[] => [
  ...readdirSync(join(home, 'blobs', 'sha256')),
  ...readdirSync(homePaths(home).disks),
  ...readdirSync(tmpdir()).filter((name) => name.includes('evil')),
];

const fileA = writeTar([file('a', '')]);
const evil = `${tmpdir()}/evil`;

describe('a layer', () => {
  let w: World;
  beforeAll(() => {
    w = new World();
  });
  afterAll(() => w.end());

  it.each<[string, Buffer, RegExp]>([
    ['a name that leads out', writeTar([file(`../../../../..${evil}`, 'x')]), /\.\.\/\.\..* leads out of the image/],
    ['a name that leads out on the way', writeTar([file('a/../../b', 'x')]), /a\/\.\.\/\.\.\/b leads out/],
    ['a hard link that leads out', writeTar([hard('passwd', '../../etc/passwd')]), /etc\/passwd leads out/],
    ['a hard link to a file of this host', writeTar([hard('passwd', '/etc/passwd')]), /passwd, which is not there/],
    ['a hard link to a folder', writeTar([file('d/x', ''), hard('a', 'd')]), /which is a folder/],
    ['a loop of links', writeTar([link('a', 'b'), link('b', 'a'), file('a/x', '')]), /through a loop of links/],
    ['a file in place of its root', writeTar([file('.', 'x')]), /its root is no folder/],
    ['a name of 256 bytes', writeTar([file('n'.repeat(256), '')]), /is longer than 255 bytes/],
    ['a path of 5,000 bytes', writeTar([file('n/'.repeat(2500), '')]), /is longer than 4095 bytes/],
    ['a wrong checksum', patched(fileA, { 148: '0000000\0' }), /its checksum does not match/],
    ['rubbish for a checksum', patched(fileA, { 148: 'rubbish!' }), /its checksum does not match/],
    ['a negative size', patched(fileA, { [SIZE]: Buffer.alloc(12, 0xff) }), /its size is negative/],
    ['a size beyond its end', patched(fileA, { [SIZE]: '77777777777\0' }), /cut off in a/],
    ['a size of 2^88', patched(fileA, { [SIZE]: Buffer.from([0x80, 1, ...Array(10).fill(0)]) }), /number/],
    ['an owner of 2^56', patched(fileA, { 108: Buffer.from([0x81, ...Array(7).fill(0)]) }), /number|no user/],
    ['a sparse file', patched(fileA, { 156: 'S' }), /a is a sparse file/],
    ['an unknown type', patched(fileA, { 156: 'Q' }), /unknown type "Q"/],
    ['a device that Linux cannot have', writeTar([{ path: 'a', kind: 'block', major: 0o7777777, minor: 0 }]), /device/],
    [
      'an attribute beyond 64 KiB',
      writeTar([{ ...file('a', ''), xattrs: new Map([['user.x', Buffer.alloc(70_000)]]) }]),
      /attributes of a are too large/,
    ],
    ['a whiteout of the folder above', writeTar([file('d/.wh...', '')]), /hides nothing/],
    ['more behind its end', Buffer.concat([Buffer.alloc(512), writeTar([file('a', '')])]), /more follows its end/],
    ['a gzip stream cut off', gzipSync(writeTar([file('a', 'x'.repeat(9999))])).subarray(0, -9), /cannot be unpacked/],
    ['no tar at all', Buffer.from('#!/bin/sh\nrm -rf /\n'.repeat(100)), /checksum/],
  ])('with %s is refused, and nothing of the image is kept', async (_, layer, message) => {
    const { code, stdout, stderr } = await w.mvm(['images', 'import', await imageOf(layer).folder(folder)]);
    expect({ code, stdout }).toEqual({ code: 125, stdout: '' });
    expect(stderr).toMatch(message);
    expect(left(w)).toEqual([]);
    expect(JSON.parse((await w.mvm(['images', 'ls', '--json'])).stdout)).toEqual([]);
  });

  it('that writes through links writes within the image alone, as docker does', async () => {
    const busybox = readFileSync(['/bin/busybox', '/usr/bin/busybox'].find((one) => existsSync(one)) as string);
    const layer = writeTar([
      { ...file('busybox', busybox), mode: 0o755 },
      link('out', evil),
      file('out/here', 'through a link\n'),
      link('climbs', '../../../../../etc'),
      file('climbs/evil', 'through a link that climbs\n'),
      file('/absolute/../etc/evil2', 'through an absolute name\n'),
      hard('etc/evil3', '/climbs/evil'),
      { path: 'null', kind: 'character', major: 1, minor: 3, mode: 0o666 },
    ]);
    const layout = new Layout();
    layout.index(named(layout.imageOf([layout.blob(LAYER, layer)]), 'links'));
    expect((await w.mvm(['images', 'import', await layout.folder(folder)])).stdout).toBe('links\n');
    expect([evil, '/etc/evil', '/etc/evil2', '/etc/evil3'].filter((path) => existsSync(path))).toEqual([]);
    const paths = [`${evil}/here`, '/etc/evil', '/etc/evil2', '/etc/evil3', '/null'];
    const { stdout, stderr } = await w.mvm(['run', 'links', '/busybox', 'cat', ...paths]);
    expect({ stdout, stderr }).toEqual({
      stdout: 'through a link\nthrough a link that climbs\nthrough an absolute name\nthrough a link that climbs\n',
      stderr: '',
    });
  });
});
