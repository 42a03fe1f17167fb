import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdDecompress, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cutFrames } from './zstd-frames.ts';

const CHECKSUM = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const noise = Buffer.from(Uint32Array.from({ length: 40_000 }, (_, n) => Math.imul(n + 1, 2_654_435_761)).buffer);
const skipped = Buffer.from('5f2a4d180500000068656c6c6f', 'hex');

/** Frames of every kind: empty, tiny, raw, of one byte repeated, of many blocks, with and without a checksum. */
const contents = [Buffer.alloc(0), Buffer.from('hello'), noise, Buffer.alloc(500_000, 'x'), noise.subarray(0, 300)];
const frames = contents.flatMap((bytes) => [zstdCompressSync(bytes), skipped, zstdCompressSync(bytes, CHECKSUM)]);
const expected = Buffer.concat(contents.flatMap((bytes) => [bytes, bytes]));

async function unpacked(bytes: Buffer, chunk: number): Promise<Buffer> {
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, n) =>
    bytes.subarray(n * chunk, (n + 1) * chunk),
  );
  return pipeline(Readable.from(chunks), cutFrames(), createZstdDecompress(), buffer);
}

describe('a zstd stream of many frames', () => {
  it.each([101, 4096, 65_536, 1 << 24])('is unpacked whole when it comes in chunks of %i bytes', async (chunk) => {
    expect((await unpacked(Buffer.concat(frames), chunk)).equals(expected)).toBe(true);
  });

  it('is unpacked whole when it comes byte by byte', async () => {
    const small = Buffer.concat([zstdCompressSync('hello '), skipped, zstdCompressSync('world', CHECKSUM)]);
    expect((await unpacked(small, 1)).toString()).toBe('hello world');
  });

  it.each([
    ['rubbish between frames', [zstdCompressSync(noise), Buffer.from('rubbish'), zstdCompressSync(noise)]],
    ['rubbish behind the last frame', [zstdCompressSync(noise), Buffer.from('rubbish')]],
    ['a block of a reserved type', [Buffer.from('28b52ffd0000', 'hex'), Buffer.from([0x07, 0, 0])]],
    ['an end in mid-frame', [zstdCompressSync(noise).subarray(0, -5)]],
  ])('is refused with %s', async (_, parts) => {
    await expect(unpacked(Buffer.concat(parts), 4096)).rejects.toMatchObject({ code: expect.stringMatching(/^Z/) });
  });
});
