/** What a guest sends as a copy, spoiled at random: whatever comes, it is refused by name or read within bounds. */
import { describe, expect, it } from 'vitest';
import { ARCHIVE_END, type ArchiveEntry, encodeEntry, paddingOf } from '../../vmm/client/copy/archive.ts';
import { ArchiveReader } from '../../vmm/client/copy/archive-reader.ts';
import { MvmError } from '../../vmm/contract/errors.ts';

const cases = Number(process.env.MVM_FUZZ ?? 3000);
const firstSeed = Number(process.env.MVM_FUZZ_SEED ?? 1);

/** Mulberry32: 32 bits of state, the same numbers for the same seed. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % limit;
  };
}

const plain = { mode: 0o644, uid: 0, gid: 0, size: 0, mtimeNs: 10n ** 18n, target: '', major: 0, minor: 0 };
const entries: ArchiveEntry[] = [
  { ...plain, name: 'top/', kind: 'folder' },
  { ...plain, name: 'top/file', kind: 'file', size: 700 },
  { ...plain, name: `top/${'long/'.repeat(60)}name`, kind: 'file', size: 3, mtimeNs: -1n, uid: 4_000_000_000 },
  { ...plain, name: 'top/link', kind: 'symlink', target: 't'.repeat(150) },
  { ...plain, name: 'top/second', kind: 'hardlink', target: 'top/file' },
  { ...plain, name: 'top/dev', kind: 'character', major: 1, minor: 3 },
];
const blocks = Buffer.concat([
  ...entries.flatMap((entry) => [
    encodeEntry(entry),
    Buffer.alloc(entry.size, 'x'),
    Buffer.alloc(paddingOf(entry.size)),
  ]),
  ARCHIVE_END,
]);

function spoil(random: (limit: number) => number): Buffer {
  const archive = Buffer.from(blocks);
  for (let times = random(5); times >= 0; times--) archive[random(archive.length)] = random(256);
  // With its checksum mended a spoiled header gets further.
  if (random(4) > 0) for (let at = 0; at < archive.length; at += 512) mend(archive.subarray(at, at + 512));
  const cut = random(3) === 0 ? random(archive.length) : archive.length;
  const [from, to] = [512 * random(archive.length / 512), 512 * random(archive.length / 512)];
  return random(3) === 0 ? Buffer.concat([archive.subarray(0, to), archive.subarray(from)]) : archive.subarray(0, cut);
}

function mend(block: Buffer): void {
  if (block.toString('latin1', 257, 262) !== 'ustar') return;
  block.fill(' ', 148, 156);
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0`, 148, 'latin1');
}

describe(`a copy from a guest, ${cases} cases from seed ${firstSeed}`, () => {
  it('is read within what came, or refused', () => {
    for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
      const random = randomFrom(seed);
      const archive = spoil(random);
      let told = 0;
      let open = false;
      const wrongs: string[] = [];
      const reader = new ArchiveReader({
        entry: ({ name, target, size, mode }) => {
          if (open) wrongs.push('an entry within an entry');
          if (`${name}${target}`.includes('\0') || size < 0 || mode > 0o7777) wrongs.push(name);
          open = true;
        },
        contents: (bytes) => {
          if (!open) wrongs.push('contents of nothing');
          told += bytes.length;
        },
        entryEnd: () => {
          open = false;
        },
      });
      const size = 1 + random(2000);
      try {
        for (let at = 0; at < archive.length; at += size) reader.push(archive.subarray(at, at + size));
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(MvmError);
      }
      expect(told, `seed ${seed}`).toBeLessThanOrEqual(archive.length);
      expect(wrongs, `seed ${seed}`).toEqual([]);
    }
  });
});
