/** Archives as people keep them: `docker save IMAGE | gzip`, for example. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MvmError } from '../../vmm/contract/errors.ts';
import { asDamage, compressionOf, decompression, startOf } from '../rootfs/compression.ts';
import { holeyFile } from '../rootfs/holey-file.ts';
import { PARTIAL } from './blobs.ts';

export interface SpoolOptions {
  /** folder for what has to be unpacked to be read */
  spool: string;
  signal?: AbortSignal;
  onUnpacked?: (bytes: number) => void;
}

/** The path itself, or that of its uncompressed copy, for the caller to remove. */
export async function uncompressed(path: string, { spool, signal, onUnpacked }: SpoolOptions): Promise<string> {
  const start = await startOf(path);
  const compression = compressionOf(start);
  if (compression === 'none') {
    refuseOthers(start, path);
    return path;
  }
  const copy = join(spool, PARTIAL + randomBytes(8).toString('hex'));
  const stages = decompression(compression, path, { onBytes: counted(onUnpacked) });
  try {
    await pipeline([createReadStream(path), ...stages, await holeyFile(copy)], { ...(signal && { signal }) });
    return copy;
  } catch (error) {
    await rm(copy, { force: true });
    throw signal?.aborted ? signal.reason : asDamage(error, path);
  }
}

function counted(onTotal: (bytes: number) => void = () => {}): (bytes: number) => void {
  let total = 0;
  return (bytes) => {
    total += bytes;
    onTotal(total);
  };
}

/** How files begin that other programs compressed, in hexadecimal, and the program that undoes it. */
const others = { fd377a58: 'unxz', '425a68': 'bunzip2' };

function refuseOthers(start: Buffer, path: string): void {
  const undoing = Object.entries(others).find(([magic]) => start.toString('hex').startsWith(magic))?.[1];
  if (undoing === undefined) return;
  throw new MvmError('image.unsupported', `${path} is compressed in a way that mvm does not read.`, {
    hint: `Uncompress it first: ${undoing} ${path}`,
  });
}
