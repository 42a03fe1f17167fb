/** What layers and archives are compressed with, told by their first bytes, and undone as a stream. */
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { MvmError } from '../../vmm/contract/errors.ts';
import { cutFrames } from './zstd-frames.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

/** By the first four bytes, as other engines do: writers have named media types wrongly for years. */
export function compressionOf(start: Buffer): Compression {
  const found = magics.find(([, magic]) => start.subarray(0, magic.length).equals(magic));
  return found?.[0] ?? 'none';
}

export async function startOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(4), position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const magics: [Compression, Buffer][] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  // A frame to be skipped may come first: pzstd and zstd:chunked write them.
  ...Array.from({ length: 16 }, (_, low): [Compression, Buffer] => [
    'zstd',
    Buffer.from([0x50 | low, 0x2a, 0x4d, 0x18]),
  ]),
];

/** The stages of a pipeline that undo it; the last one counts, and refuses what unpacks to more than the limit. */
export function decompression(
  compression: Exclude<Compression, 'none'>,
  what: string,
  { onBytes = () => {}, limit = MAX_UNPACKED }: { onBytes?: (count: number) => void; limit?: number } = {},
): Transform[] {
  const undoing = compression === 'gzip' ? [createGunzip(options)] : [cutFrames(), createZstdDecompress(options)];
  return [...undoing, meter(what, limit, onBytes)];
}

/** 256 KiB: with zlib's own 16 KiB half the time goes into writing. */
const options = { chunkSize: 256 * 1024 };

/** 64 GiB for all layers of an image: no disk may be larger, and some archives unpack to anything. */
export const MAX_UNPACKED = 64 * 1024 ** 3;

function meter(what: string, limit: number, onBytes: (count: number) => void): Transform {
  let total = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      total += chunk.length;
      onBytes(chunk.length);
      if (total > limit) done(new MvmError('image.too-large', `${what} unpacks to more than 64 GiB.`));
      else done(null, chunk);
    },
  });
}

/** Damage, as a person would say it; any other error as it is. */
export function asDamage(error: unknown, what: string): unknown {
  if (!isDecompressionError(error)) return error;
  return new MvmError('image.corrupt', `${what} cannot be unpacked: ${error.message}.`, { cause: error });
}

/** zlib's codes: Z_DATA_ERROR, Z_BUF_ERROR for what is cut off, ZSTD_error_prefix_unknown. */
function isDecompressionError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR_ZSTD)/.test(String(error.code));
}
