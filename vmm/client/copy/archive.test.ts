import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARCHIVE_END, type ArchiveEntry, encodeEntry, paddingOf } from './archive.ts';
import { ArchiveReader } from './archive-reader.ts';

const text = (maxLength: number) =>
  fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength }).map((codes) => String.fromCharCode(...codes));
const id = fc.oneof(fc.nat(70_000), fc.constantFrom(0o7777777, 0o10000000, 4_000_000_000));
const device = { major: fc.nat(4095), minor: fc.nat(0xfffff) };

const entry: fc.Arbitrary<ArchiveEntry> = fc
  .record({
    name: fc.oneof(text(40), text(300)),
    kind: fc.constantFrom('file', 'hardlink', 'symlink', 'character', 'block', 'folder', 'fifo' as const),
    mode: fc.nat(0o7777),
    uid: id,
    gid: id,
    size: fc.oneof(fc.nat(2000), fc.constantFrom(0, 511, 512, 513)),
    mtimeNs: fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }),
    target: fc.oneof(text(40), text(300)),
    ...device,
  })
  .map((made) => ({
    ...made,
    size: made.kind === 'file' ? made.size : 0,
    target: made.kind === 'symlink' || made.kind === 'hardlink' ? made.target : '',
    ...(made.kind === 'character' || made.kind === 'block' ? {} : { major: 0, minor: 0 }),
  }));

/** What a sink is told, contents joined. */
function readAll(archive: Buffer, pieces: number): { entries: (ArchiveEntry | Buffer)[]; whole: boolean } {
  const entries: (ArchiveEntry | Buffer)[] = [];
  let contents: Buffer[] = [];
  const reader = new ArchiveReader({
    entry: (found) => entries.push(found),
    contents: (bytes) => contents.push(bytes),
    entryEnd: () => {
      entries.push(Buffer.concat(contents));
      contents = [];
    },
  });
  for (let at = 0; at < archive.length; at += pieces) reader.push(archive.subarray(at, at + pieces));
  return { entries, whole: reader.whole };
}

const contentsOf = ({ size }: ArchiveEntry): Buffer => Buffer.alloc(size, 'contents ');

const archiveOf = (entries: ArchiveEntry[]): Buffer =>
  Buffer.concat([
    ...entries.flatMap((each) => [encodeEntry(each), contentsOf(each), Buffer.alloc(paddingOf(each.size))]),
    ARCHIVE_END,
  ]);

describe('an archive', () => {
  it('says what was written, however its bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), fc.integer({ min: 1, max: 3000 }), (entries, pieces) => {
        const found = readAll(archiveOf(entries), pieces);
        expect(found).toEqual({ entries: entries.flatMap((each) => [each, contentsOf(each)]), whole: true });
      }),
    );
  });

  it('that is cut off is never whole', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 3 }), fc.nat(), (entries, cut) => {
        const archive = archiveOf(entries);
        expect(readAll(archive.subarray(0, cut % (archive.length - ARCHIVE_END.length)), 1000).whole).toBe(false);
      }),
    );
  });

  it('with anything behind its end is none', () => {
    expect(() => readAll(Buffer.concat([ARCHIVE_END, Buffer.from('x')]), 512)).toThrow('more follows its end');
  });

  it('with records longer than any name is refused before they are read', () => {
    const plain = { uid: 0, gid: 0, mode: 0, mtimeNs: 0n, major: 0, minor: 0, size: 0, target: '' };
    const huge = encodeEntry({ ...plain, name: 'n'.repeat(300_000), kind: 'file' });
    expect(() => readAll(huge.subarray(0, 512), 512)).toThrow('longer than any');
  });
});
