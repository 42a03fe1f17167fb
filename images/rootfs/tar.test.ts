import { describe, expect, it } from 'vitest';
import { patched } from '../../test/images/patched.ts';
import { memorySource } from './byte-source.ts';
import { readTar, type TarEntry } from './tar.ts';
import { type TarInput, writeTar } from './tar-writer.ts';

const read = (...parts: Buffer[]): TarEntry[] => [...readTar(memorySource(Buffer.concat(parts)))];

function only(...parts: Buffer[]): TarEntry {
  const entries = read(...parts);
  expect(entries).toHaveLength(1);
  return entries[0] as TarEntry;
}

/** Archives without their end, so that they can be put together. */
const tar = (...entries: TarInput[]): Buffer => writeTar(entries).subarray(0, -1024);
const file = (path: string, content = ''): TarInput => ({ path, kind: 'file', content: Buffer.from(content) });
const END = Buffer.alloc(1024);

const typed = (type: string, content: string): Buffer => patched(tar(file('special', content)), { 156: type });

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const [length] = [1, 2, 3, 4, 5, 6]
    .map((digits) => rest.length + digits)
    .filter((sum, i) => String(sum).length === i + 1);
  return `${length}${rest}`;
}
const halfGlobal = (key: string): Buffer => typed('g', record(key, 'x'.repeat(600_000)));
const pax = (key: string, value: string): Buffer => typed('x', record(key, value));

describe('reading tar', () => {
  it('names the position of contents instead of reading them', () => {
    const contents = read(tar(file('a', 'x'.repeat(600)), file('b', 'hello')), END).map(
      (entry) => entry.kind === 'file' && entry.content,
    );
    expect(contents).toEqual([
      { offset: 512, size: 600 },
      { offset: 512 + 1024 + 512, size: 5 },
    ]);
  });

  it('reads every kind of entry back as the writer was told', () => {
    const common = { mode: 0o4751, uid: 1000, gid: 4_000_000_000, xattrs: new Map() };
    const mtime = { seconds: -2, nanoseconds: 750_000_000 };
    const entries: TarInput[] = [
      { ...common, mtime, path: 'dir', kind: 'directory' },
      { ...common, mtime, path: 'link', kind: 'symlink', target: 't'.repeat(300) },
      { ...common, mtime, path: 'p'.repeat(300), kind: 'hardlink', target: 'dir/x' },
      { ...common, mtime, path: 'null', kind: 'character', major: 1, minor: 3 },
      { ...common, mtime, path: 'sda', kind: 'block', major: 8, minor: 70_000 },
      { ...common, mtime, path: 'pipe', kind: 'fifo' },
    ];
    expect(read(tar(...entries))).toEqual(entries);
  });

  it('takes GNU long names and link targets', () => {
    const name = 'n'.repeat(200);
    const link = tar({ path: 'short', kind: 'symlink', target: 'short' });
    const entry = only(typed('L', `${name}\0`), typed('K', `${name}/target\0`), link, END);
    expect(entry).toMatchObject({ path: name, target: `${name}/target` });
  });

  it('joins the prefix of ustar, and leaves the same bytes alone in a GNU header', () => {
    expect(only(patched(tar(file('name')), { 345: 'some/prefix' })).path).toBe('some/prefix/name');
    expect(only(patched(tar(file('name')), { 257: 'ustar  \0', 345: 'some/prefix' })).path).toBe('name');
  });

  it('reads numbers in base 256, negative ones included', () => {
    const large = Buffer.from('80000000ee6b2800', 'hex');
    const negative = Buffer.from('fffffffffffffffffffffffe', 'hex');
    const entry = only(patched(tar(file('f')), { 108: large, 136: negative }));
    expect(entry).toMatchObject({ uid: 4_000_000_000, mtime: { seconds: -2, nanoseconds: 0 } });
  });

  it('applies global pax records to all that follows and a file’s own above them', () => {
    const all = typed('g', record('uid', '7') + record('gid', '8'));
    const entries = read(all, tar(file('a')), pax('uid', '9'), tar(file('b')), tar(file('c')), END);
    expect(entries.map(({ uid, gid }) => [uid, gid])).toEqual([
      [7, 8],
      [9, 8],
      [7, 8],
    ]);
  });

  it.each([
    ['1.5', [1, 500_000_000]],
    ['-1.5', [-2, 500_000_000]],
    ['-0.25', [-1, 750_000_000]],
    ['12', [12, 0]],
    ['3.1234567899', [3, 123_456_789]],
  ])('reads the time %s', (text, [seconds, nanoseconds]) => {
    expect(only(pax('mtime', text), tar(file('f'))).mtime).toEqual({ seconds, nanoseconds });
  });

  it('keeps attribute values as bytes, whichever way they were written', () => {
    const value = Buffer.from([0, 10, 61, 255]);
    const entry = only(tar({ path: 'f', kind: 'fifo', xattrs: new Map([['security.x', value]]) }));
    expect(entry.xattrs).toEqual(new Map([['security.x', value]]));
    const encoded = only(pax('LIBARCHIVE.xattr.user.a%3Db', value.toString('base64')), tar(file('f')));
    expect(encoded.xattrs).toEqual(new Map([['user.a=b', value]]));
  });

  it('keeps names as bytes', () => {
    const path = Buffer.from([0x66, 0xff, 0xc3, 0x28]).toString('latin1');
    expect(only(tar(file(path))).path).toBe(path);
  });

  it('takes a folder’s old mark, the trailing slash', () => {
    expect(only(patched(tar(file('old/')), { 156: '\0', 257: Buffer.alloc(8) })).kind).toBe('directory');
  });

  it('ends at the end mark, and where a writer left it out', () => {
    expect(read(tar(file('a')), END, Buffer.from('rubbish'))).toHaveLength(1);
    expect(read(tar(file('a')))).toHaveLength(1);
    expect(read()).toHaveLength(0);
  });

  it.each([
    ['a wrong checksum', Buffer.concat([Buffer.from('X'), tar(file('abc')).subarray(1)]), /checksum/],
    ['a header cut off', tar(file('a')).subarray(0, 300), /cut off in the header at byte 0/],
    ['contents cut off', tar(file('a', 'x'.repeat(600))).subarray(0, 700), /cut off in a/],
    ['bytes after the end', Buffer.concat([END.subarray(0, 512), tar(file('a'))]), /more follows its end/],
    ['a name promised and not given', Buffer.concat([typed('L', 'name\0'), END]), /announced/],
    ['a pax record of a wrong length', Buffer.concat([typed('x', '99 path=a\n'), tar(file('a'))]), /records/],
    ['a pax record of no length', Buffer.concat([typed('x', 'path=a\n'), tar(file('a'))]), /records/],
    ['a negative size', patched(tar(file('a')), { 124: Buffer.alloc(12, 0xff) }), /negative/],
    ['a size beyond any file', Buffer.concat([pax('size', '9'.repeat(30)), tar(file('a'))]), /size is no number/],
    ['an owner beyond 32 bits', Buffer.concat([pax('uid', '4294967295'), tar(file('a'))]), /no user or group/],
    ['letters in a number', patched(tar(file('a')), { 108: '00zz000' }), /number/],
    ['a zero byte in a name', Buffer.concat([pax('path', 'a\0b'), tar(file('a'))]), /zero byte/],
    [
      'headers without an end',
      Buffer.concat(Array.from({ length: 20 }, () => pax('uid', '1'))),
      /more than 16 headers/,
    ],
    ['a link to nothing', tar({ path: 'l', kind: 'symlink', target: '' }), /l is a link to nothing/],
  ])('calls %s damage', (_, archive, message) => {
    expect(() => read(archive)).toThrow(expect.objectContaining({ code: 'image.corrupt' }));
    expect(() => read(archive)).toThrow(message);
  });

  it.each([
    ['an old GNU sparse file', patched(tar(file('disk.img')), { 156: 'S' }), /disk\.img is a sparse file/],
    ['a pax sparse file', Buffer.concat([pax('GNU.sparse.major', '1'), tar(file('v.img'))]), /v\.img is a sparse/],
    ['a type nobody knows', patched(tar(file('odd')), { 156: 'Q' }), /odd is of the unknown type "Q"/],
    ['a header of 2 MiB', typed('x', 'x'.repeat(2 << 20)), /header of 2097152 bytes/],
    ['global headers of 1.2 MiB', Buffer.concat(['a', 'b'].map(halfGlobal)), /global headers of 12000\d\d bytes/],
    ['a device beyond Linux’s numbers', tar({ path: 'd', kind: 'block', major: 5000, minor: 0 }), /device 5000:0/],
  ])('refuses %s by name', (_, archive, message) => {
    expect(() => read(archive)).toThrow(expect.objectContaining({ code: 'image.unsupported' }));
    expect(() => read(archive)).toThrow(message);
  });

  it('escapes what a terminal must not receive', () => {
    const archive = patched(tar(file('\x1b]0;evil')), { 156: 'S' });
    expect(() => read(archive)).toThrow('\\u001b]0;evil is a sparse file');
  });
});
