import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ArchiveEntry } from './archive.ts';
import { Tally } from './tally.ts';
import { Unpacker } from './unpacker.ts';

let top = '';
let box = '';
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'mvm-unpack-'));
  box = join(top, 'box');
  mkdirSync(box);
  mkdirSync(join(top, 'out/a'), { recursive: true });
  writeFileSync(join(top, 'out/b'), 'mine');
  return () => rmSync(top, { recursive: true });
});

const entry = (name: string, change: Partial<ArchiveEntry> = {}): ArchiveEntry => ({
  name,
  kind: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeNs: 0n,
  target: '',
  major: 0,
  minor: 0,
  ...change,
});
const folder = (name: string, change: Partial<ArchiveEntry> = {}) =>
  entry(name, { kind: 'folder', mode: 0o755, ...change });
const link = (name: string, target: string) => entry(name, { kind: 'symlink', target });
const second = (name: string, target: string) => entry(name, { kind: 'hardlink', target });

/** What was left out of a copy of `src` to a path. */
function unpack(entries: ArchiveEntry[], { to = box, expected = 'src' } = {}): string[] {
  const tally = new Tally();
  const unpacker = new Unpacker(to, expected, tally);
  try {
    for (const each of entries) {
      unpacker.entry(each);
      if (each.size > 0) unpacker.contents(Buffer.alloc(each.size, 'x'));
      unpacker.entryEnd();
    }
  } finally {
    unpacker.close();
  }
  return tally.leftOut;
}

const untouched = () => {
  expect(readdirSync(top).sort()).toEqual(['box', 'out']);
  expect(readdirSync(join(top, 'out')).sort()).toEqual(['a', 'b']);
  expect(readFileSync(join(top, 'out/b'), 'utf8')).toBe('mine');
  expect(lstatSync(join(top, 'out/b')).nlink).toBe(1);
  expect(readdirSync(join(top, 'out/a'))).toEqual([]);
};

describe('an archive from a guest', () => {
  it.each([
    ['an absolute name', [entry('/src/x')], 'has an absolute name'],
    ['a name that leads out', [entry('src/../../x')], 'leads out of the folder'],
    ['a name beside what was asked for', [entry('other')], 'lies beside what was asked for'],
    ['a name behind a link', [link('src/l', 'd'), folder('src/d'), entry('src/l/x')], 'lies in what is no folder'],
    ['a name in a file', [entry('src/f'), entry('src/f/x')], 'lies in what is no folder'],
    ['a name in a folder that never came', [entry('src/none/x')], 'lies in a folder that was not copied'],
    ['a device', [entry('src/x', { kind: 'block' })], 'is a device'],
    ['a pipe', [entry('src/x', { kind: 'fifo' })], 'is a named pipe'],
    ['a link to somewhere else', [link('src/x', '/etc')], 'leads out of what is copied'],
    ['a link to above', [link('src/x', '..')], 'leads out of what is copied'],
    ['a second name of what lies elsewhere', [second('src/x', 'src/../../out/b')], 'leads out of the folder'],
    ['a second name of a link', [link('src/l', 'd'), second('src/x', 'src/l')], 'is a second name of what is no file'],
    ['a second name of a folder', [folder('src/d'), second('src/x', 'src/d')], 'is a second name of what is no file'],
    ['a file where a folder is', [folder('src/x'), entry('src/x')], 'would replace a folder'],
    ['a folder where a file is', [entry('src/x'), folder('src/x')], 'would replace a file by a folder'],
    ['a name too long', [entry(`src/${'x'.repeat(256)}`)], 'has a name that is too long here'],
  ])('with %s loses that one alone', (_, entries, why) => {
    const leftOut = unpack([folder('src'), ...entries, entry('src/last', { size: 3 })]);
    expect(leftOut).toEqual([expect.stringContaining(why)]);
    expect(readFileSync(join(box, 'src/last'), 'utf8')).toBe('xxx');
    untouched();
  });

  it('of another name than was asked for is no answer', () => {
    expect(() => unpack([folder('.'), entry('./.bashrc')])).toThrow('not what was asked for');
    expect(readdirSync(box)).toEqual([]);
  });

  it('never reaches out of its folder, whatever comes in whatever order', () => {
    const part = fc.constantFrom('a', 'b', '..', '.', '', 'out');
    const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `src/${parts.join('/')}`);
    const target = fc.constantFrom('..', '../..', '../../out', '/', 'a', 'a/..', './b', '../src', 'a/../../..');
    const any = fc.oneof(
      name.map((each) => entry(each, { size: 1 })),
      name.map((each) => folder(each)),
      fc.tuple(name, name).map(([each, other]) => second(each, other)),
      fc.tuple(name, target).map(([each, other]) => link(each, other)),
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), (entries) => {
        unpack([folder('src'), ...entries]);
        untouched();
        expect(linksOf(box).every((path) => within(path))).toBe(true);
        rmSync(join(box, 'src'), { recursive: true });
      }),
      { numRuns: 300 },
    );
  });

  it("leaves the caller's own folders their mode, and takes set-id bits from what is new", () => {
    mkdirSync(join(box, 'src/mine'), { recursive: true, mode: 0o700 });
    unpack([folder('src', { mode: 0o777 }), folder('src/mine', { mode: 0o777 }), entry('src/f', { mode: 0o6755 })]);
    const modeOf = (name: string) => lstatSync(join(box, name)).mode & 0o7777;
    expect([modeOf('src'), modeOf('src/mine'), modeOf('src/f')]).toEqual([0o700, 0o700, 0o755]);
  });

  it('is not led elsewhere by a link that is planted in the middle of it', () => {
    const tally = new Tally();
    const unpacker = new Unpacker(box, 'src', tally);
    for (const each of [folder('src'), folder('src/d')]) {
      unpacker.entry(each);
      unpacker.entryEnd();
    }
    unpacker.entry(entry('src/d/first', { size: 1 }));
    renameSync(join(box, 'src/d'), join(box, 'src/moved'));
    symlinkSync(join(top, 'out/a'), join(box, 'src/d'));
    unpacker.contents(Buffer.from('x'));
    unpacker.entryEnd();
    unpacker.entry(folder('src/e'));
    unpacker.entryEnd();
    unpacker.entry(entry('src/d/later', { size: 1 }));
    unpacker.entryEnd();
    unpacker.close();
    // The folder that is open is written to, wherever it went; the link in its place is not followed.
    expect(readdirSync(join(box, 'src/moved'))).toEqual(['first']);
    expect(tally.leftOut).toEqual(['src/d/later lies in what is no folder']);
    untouched();
  });

  it('that breaks off leaves no half of a file', () => {
    const unpacker = new Unpacker(join(box, 'new'), 'src', new Tally());
    unpacker.entry(entry('src', { size: 1000 }));
    unpacker.contents(Buffer.alloc(10));
    expect(readdirSync(box)).toEqual([expect.stringMatching(/^\.mvm-copy-/)]);
    expect(unpacker.unfinished).toBe('src');
    unpacker.close();
    expect(readdirSync(box)).toEqual([]);
  });

  it('leaves the old file until the new one is whole', () => {
    writeFileSync(join(box, 'src'), 'old');
    const unpacker = new Unpacker(box, 'src', new Tally());
    unpacker.entry(entry('src', { size: 3 }));
    unpacker.contents(Buffer.from('new'));
    expect(readFileSync(join(box, 'src'), 'utf8')).toBe('old');
    unpacker.entryEnd();
    expect(readFileSync(join(box, 'src'), 'utf8')).toBe('new');
    unpacker.close();
  });
});

/** Every link below a folder. */
function linksOf(path: string): string[] {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return [path];
  return found.isDirectory() ? readdirSync(path).flatMap((name) => linksOf(join(path, name))) : [];
}

/** Where the kernel goes through a link, or would if there were something, is in the box. */
function within(path: string): boolean {
  const there = existsSync(path) ? realpathSync(path) : resolve(dirname(path), readlinkSync(path));
  return there === box || there.startsWith(`${box}/`);
}
