import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Compression, compressionOf, decompression } from './compression.ts';

const bomb = Buffer.alloc(50 << 20);

describe.each<[Exclude<Compression, 'none'>, Buffer]>([
  ['gzip', gzipSync(bomb)],
  ['zstd', zstdCompressSync(bomb)],
])('a small file that %s made of a large one', (compression, packed) => {
  it('is told by its first bytes', () => {
    expect(packed.length).toBeLessThan(60_000);
    expect(compressionOf(packed)).toBe(compression);
    expect(compressionOf(packed.subarray(0, 1))).toBe('none');
  });

  it('is refused when it unpacks to more than it may, before it is unpacked', async () => {
    let unpacked = 0;
    const onBytes = (count: number) => {
      unpacked += count;
    };
    const stages = decompression(compression, 'It', { onBytes, limit: 1 << 20 });
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const undoing = pipeline([Readable.from([packed]), ...stages, nowhere]);
    await expect(undoing).rejects.toMatchObject({ code: 'image.too-large', message: expect.stringMatching(/^It unp/) });
    expect(unpacked).toBeLessThan(8 << 20);
  });
});
