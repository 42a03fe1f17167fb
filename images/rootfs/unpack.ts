import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { MvmError } from '../../vmm/contract/errors.ts';
import { isLayer } from './media-types.ts';

export interface Layer {
  path: string;
  mediaType: string;
}

/** Where the layer's tar lies: in its own file, or unpacked into `spool` when it is compressed. */
export async function unpack(layer: Layer, spool: string, onBytes: (count: number) => void = () => {}) {
  if (!isLayer(layer.mediaType)) throw unknownType(layer.mediaType);
  const decompress = decompressors[await compression(layer.path)];
  if (decompress === null) return layer.path;
  const out = createWriteStream(spool, { flags: 'wx', mode: 0o600 });
  try {
    await pipeline(createReadStream(layer.path), decompress(), meter(onBytes), out);
  } catch (error) {
    throw isDecompressionError(error) ? damaged(error) : error;
  }
  return spool;
}

type Compression = 'none' | 'gzip' | 'zstd';

const decompressors: Record<Compression, (() => Transform) | null> = {
  none: null,
  gzip: () => createGunzip({ chunkSize: CHUNK }),
  zstd: () => createZstdDecompress({ chunkSize: CHUNK }),
};

/** 256 KiB: with zlib's own 16 KiB half the time goes into writing. */
const CHUNK = 256 * 1024;

const magics: [Compression, Buffer][] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
];

/** By the first bytes, as other engines do: writers have named media types wrongly for years. */
async function compression(path: string): Promise<Compression> {
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(4), position: 0 });
    const found = magics.find(([, magic]) => buffer.subarray(0, magic.length).equals(magic));
    return found?.[0] ?? 'none';
  } finally {
    await file.close();
  }
}

/** 64 GiB unpacked: no disk may be larger, and some archives unpack to anything. */
const MAX_UNPACKED = 64 * 1024 ** 3;

function meter(onBytes: (count: number) => void): Transform {
  let total = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      total += chunk.length;
      onBytes(chunk.length);
      if (total > MAX_UNPACKED) done(new MvmError('image.too-large', 'A layer unpacks to more than 64 GiB.'));
      else done(null, chunk);
    },
  });
}

/** zlib's codes: Z_DATA_ERROR, Z_BUF_ERROR for what is cut off, ZSTD_error_prefix_unknown. */
function isDecompressionError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR_ZSTD)/.test(String(error.code));
}

function damaged(cause: Error): MvmError {
  return new MvmError('image.corrupt', `A layer cannot be unpacked: ${cause.message}.`, { cause });
}

function unknownType(mediaType: string): MvmError {
  const message = `A layer is of the type ${JSON.stringify(mediaType)}, which mvm does not know.`;
  return new MvmError('image.unsupported', message, { details: { mediaType } });
}
