import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { MvmError } from '../../vmm/contract/errors.ts';
import { asDamage, compressionOf, decompression } from './compression.ts';
import { isLayer } from './media-types.ts';

export interface Layer {
  path: string;
  mediaType: string;
}

/** Where the layer's tar lies: in its own file, or unpacked into `spool` when it is compressed. */
export async function unpack(layer: Layer, spool: string, onBytes: (count: number) => void = () => {}) {
  if (!isLayer(layer.mediaType)) throw unknownType(layer.mediaType);
  const compression = compressionOf(await startOf(layer.path));
  if (compression === 'none') return layer.path;
  const out = createWriteStream(spool, { flags: 'wx', mode: 0o600 });
  try {
    await pipeline([createReadStream(layer.path), ...decompression(compression, 'A layer', onBytes), out]);
  } catch (error) {
    throw asDamage(error, 'A layer');
  }
  return spool;
}

async function startOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(4), position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function unknownType(mediaType: string): MvmError {
  const message = `A layer is of the type ${JSON.stringify(mediaType)}, which mvm does not know.`;
  return new MvmError('image.unsupported', message, { details: { mediaType } });
}
