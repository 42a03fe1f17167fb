import { describe, expect, it } from 'vitest';
import { memorySource } from './byte-source.ts';
import { mergeLayers } from './layers.ts';
import { readTar, type TarEntry } from './tar.ts';
import { type TarInput, writeTar } from './tar-writer.ts';
import type { Directory, Node } from './tree.ts';

const layer = (...entries: TarInput[]) => readTar(memorySource(writeTar(entries)));
const merge = (...layers: TarInput[][]): Directory => mergeLayers(layers.map((entries) => layer(...entries)));

const file = (path: string): TarInput => ({ path, kind: 'file', content: Buffer.alloc(0) });
const dir = (path: string, mode = 0o755): TarInput => ({ path, kind: 'directory', mode });
const link = (path: string, target: string): TarInput => ({ path, kind: 'symlink', target });
const hard = (path: string, target: string): TarInput => ({ path, kind: 'hardlink', target });

/** Paths of everything but folders, sorted; empty folders end with a slash. */
function paths(folder: Directory, prefix = ''): string[] {
  const found = [...folder.children].flatMap(([name, node]) => {
    return node.kind === 'directory' ? paths(node, `${prefix}${name}/`) : [prefix + name];
  });
  return found.length > 0 ? found.sort() : [prefix];
}

function at(root: Directory, path: string): Node | undefined {
  const names = path.split('/');
  return names.reduce<Node | undefined>(
    (node, name) => (node?.kind === 'directory' ? node.children.get(name) : undefined),
    root,
  );
}

describe('merging layers', () => {
  it('lets an upper layer add, replace and remove', () => {
    const root = merge([file('a'), file('b'), file('d/x')], [file('a'), file('.wh.b'), file('d/.wh.x'), file('d/y')]);
    expect(paths(root)).toEqual(['a', 'd/y']);
    expect(at(root, 'a')).toMatchObject({ content: { layer: 1 } });
  });

  it('removes a whole folder by one whiteout', () => {
    expect(paths(merge([file('d/e/f'), file('g')], [file('.wh.d')]))).toEqual(['g']);
  });

  it('empties an opaque folder of lower layers only, wherever in its layer the mark stands', () => {
    const lower = [file('d/old'), file('d/e/old')];
    const mark = file('d/.wh..wh..opq');
    expect(paths(merge(lower, [mark, file('d/new'), file('d/e/new')]))).toEqual(['d/e/new', 'd/new']);
    expect(paths(merge(lower, [file('d/new'), file('d/e/new'), mark]))).toEqual(['d/e/new', 'd/new']);
  });

  it('never hides what the same layer adds', () => {
    expect(paths(merge([file('a')], [file('a'), file('.wh.a')]))).toEqual(['a']);
  });

  it('ignores whiteouts of what is not there, and the bookkeeping of aufs', () => {
    const aufs = [dir('.wh..wh.plnk'), file('.wh..wh.plnk/12.34'), file('.wh..wh.aufs')];
    expect(paths(merge([file('a')], [file('.wh.b'), file('c/.wh.d'), ...aufs]))).toEqual(['a']);
  });

  it('replaces a folder by a file and a file by a folder', () => {
    expect(paths(merge([file('a/b')], [file('a')]))).toEqual(['a']);
    expect(paths(merge([file('a')], [file('a/b')]))).toEqual(['a/b']);
    expect(paths(merge([file('a/b')], [file('a')], [dir('a')]))).toEqual(['a/']);
  });

  it('keeps a folder’s contents when only the folder is described again', () => {
    const root = merge([dir('d'), file('d/x')], [dir('d', 0o700)]);
    expect(paths(root)).toEqual(['d/x']);
    expect(at(root, 'd')).toMatchObject({ mode: 0o700 });
  });

  it('describes the root where an archive does', () => {
    expect(merge([dir('./', 0o711)]).mode).toBe(0o711);
    expect(() => merge([link('.', 'x')])).toThrow('its root is no folder');
  });

  it('makes the folders that no entry names', () => {
    expect(at(merge([file('a/b/c')]), 'a/b')).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
  });

  it('shares one node between hard links, across layers too', () => {
    const root = merge([file('bin/busybox')], [hard('bin/sh', 'bin/busybox'), hard('/bin/ls', '/bin/sh')]);
    expect(at(root, 'bin/ls')).toBe(at(root, 'bin/busybox'));
    const replaced = merge([file('a'), hard('b', 'a')], [file('a')]);
    expect(at(replaced, 'a')).not.toBe(at(replaced, 'b'));
  });

  it('follows links on the way to an entry, within the image', () => {
    const merged = [dir('usr/lib'), link('lib', 'usr/lib')];
    expect(paths(merge(merged, [file('lib/x')]))).toEqual(['lib', 'usr/lib/x']);
    expect(paths(merge([link('out', '../../../etc')], [file('out/passwd')]))).toEqual(['etc/passwd', 'out']);
    expect(paths(merge([link('abs', '/etc')], [file('abs/passwd')]))).toEqual(['abs', 'etc/passwd']);
    expect(paths(merge([...merged, file('lib/x')], [file('lib/.wh.x')]))).toEqual(['lib', 'usr/lib/']);
  });

  it('replaces a link to a folder by a folder when an entry says so', () => {
    expect(paths(merge([dir('usr/lib'), link('lib', 'usr/lib')], [dir('lib'), file('lib/x')]))).toEqual([
      'lib/x',
      'usr/lib/',
    ]);
  });

  it('leaves out what an overlay noted for itself, and keeps other attributes', () => {
    const value = Buffer.from('y');
    const xattrs = new Map(
      ['trusted.overlay.opaque', 'user.overlay.redirect', 'user.note'].map((name) => [name, value]),
    );
    expect(at(merge([{ ...dir('d'), xattrs }]), 'd')?.xattrs).toEqual(new Map([['user.note', value]]));
  });

  it('takes absolute names as of the image, and a step back within one', () => {
    expect(paths(merge([file('/etc/passwd'), file('//x/./y')]))).toEqual(['etc/passwd', 'x/y']);
    expect(paths(merge([link('l', '/elsewhere'), file('a/l/../b'), hard('a/c', 'z/../a/b')]))).toEqual([
      'a/b',
      'a/c',
      'l',
    ]);
  });

  it('refuses 512 MiB of attributes, however small the archive is', () => {
    const xattrs = new Map([['user.x', Buffer.alloc(1 << 20)]]);
    const [entry] = [...layer({ ...file('f'), xattrs: new Map() })];
    const endless = Array.from({ length: 600 }, () => ({ ...entry, xattrs }) as TarEntry);
    expect(() => mergeLayers([endless])).toThrow(expect.objectContaining({ code: 'image.too-large' }));
  });

  it.each([
    ['a name that climbs', [file('a/../../etc/passwd')], /a\/\.\.\/\.\.\/etc\/passwd leads out/],
    ['a hard link that climbs', [hard('a', '../x')], /\.\.\/x leads out/],
    ['a hard link to nothing', [hard('a', 'b')], /a is a hard link to b, which is not there/],
    ['a hard link to a folder', [dir('d'), hard('a', 'd')], /which is a folder/],
    ['a loop of links', [link('a', 'b'), link('b', 'a'), file('a/x')], /the way to a leads through a loop/],
    ['a whiteout of nothing', [file('d/.wh.')], /d\/\.wh\. hides nothing/],
    ['a whiteout of its own folder', [file('d/.wh..')], /hides nothing/],
    ['a whiteout of the folder above', [file('d/.wh...')], /hides nothing/],
  ])('calls %s damage', (_, entries, message) => {
    expect(() => merge(entries)).toThrow(expect.objectContaining({ code: 'image.corrupt' }));
    expect(() => merge(entries)).toThrow(message);
  });

  it.each([
    ['a name of 256 bytes', [file('n'.repeat(256))], /longer than 255 bytes/],
    ['a path of 5,000 bytes', [file('n/'.repeat(2500))], /longer than 4095 bytes/],
    ['a link target of 5,000 bytes', [link('l', 'n/'.repeat(2500))], /too long a target/],
  ])('refuses %s by name', (_, entries, message) => {
    expect(() => merge(entries)).toThrow(expect.objectContaining({ code: 'image.unsupported' }));
    expect(() => merge(entries)).toThrow(message);
  });
});
