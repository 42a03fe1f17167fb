import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MvmError } from '../../vmm/contract/errors.ts';
import { asDamage, compressionOf, decompression, startOf } from './compression.ts';
import { holeyFile } from './holey-file.ts';
import { isLayer } from './media-types.ts';

export interface Layer {
  path: string;
  mediaType: string;
  /** of the file as it is */
  digest: string;
  /** of its uncompressed contents, as the image's configuration says */
  diffId: string;
}

export interface UnpackOptions {
  /** bytes of the layer as it is */
  onRead(count: number): void;
  /** bytes of what is in it */
  onBytes(count: number): void;
  /** most bytes that may be in it */
  limit: number;
}

/**
 * Where the layer's tar lies: in its own file, or unpacked into `spool` when it is compressed. What comes out must be
 * what the configuration says, or else the image is not the one that its id names.
 */
export async function unpack(layer: Layer, spool: string, { onRead, onBytes, limit }: UnpackOptions): Promise<string> {
  if (!isLayer(layer.mediaType)) throw unknownType(layer.mediaType);
  const compression = compressionOf(await startOf(layer.path));
  if (compression === 'none') {
    assertSame(layer, layer.digest);
    return layer.path;
  }
  const hash = createHash('sha256');
  const watch = (use: (chunk: Buffer) => void) =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        use(chunk);
        done(null, chunk);
      },
    });
  const input = createReadStream(layer.path, { highWaterMark: CHUNK });
  const counted = watch((chunk) => onRead(chunk.length));
  const hashed = watch((chunk) => hash.update(chunk));
  try {
    await pipeline([
      input,
      counted,
      ...decompression(compression, 'This image', { onBytes, limit }),
      hashed,
      await holeyFile(spool),
    ]);
  } catch (error) {
    throw asDamage(error, 'A layer');
  }
  assertSame(layer, `sha256:${hash.digest('hex')}`);
  return spool;
}

/** 256 KiB of compressed bytes at once. */
const CHUNK = 256 * 1024;

function assertSame({ digest, diffId }: Layer, found: string): void {
  if (found === diffId) return;
  const message = `This image is damaged: its layer ${digest} contains ${found}, its configuration says ${diffId}.`;
  throw new MvmError('image.corrupt', message, { details: { digest, diffId, found } });
}

function unknownType(mediaType: string): MvmError {
  const message = `A layer is of the type ${JSON.stringify(mediaType)}, which mvm does not know.`;
  return new MvmError('image.unsupported', message, { details: { mediaType } });
}
