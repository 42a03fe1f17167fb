/**
 * An empty file system in a few kilobytes: the few blocks of a large sparse disk that are not zero. A new machine's
 * disk is written from it in about a millisecond, on every host and without external programs.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

/** Writes the disk to `out` whole or not at all; a durable one also survives the host's sudden end. */
export function expandEmptyDisk(compact: string, out: string, { durable }: { durable: boolean }): void {
  const { size, pieces } = decodeEmptyDisk(readFileSync(compact));
  const partial = `${out}.partial`;
  try {
    const file = openSync(partial, 'w', 0o600);
    try {
      ftruncateSync(file, size);
      for (const { offset, data } of pieces) writeAll(file, data, offset);
      if (durable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, out);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

export interface EmptyDisk {
  /** bytes the guest sees */
  size: number;
  pieces: { offset: number; data: Buffer }[];
}

/** gzip of: one line of JSON with the size and each piece's offset and length, then the pieces' bytes. */
export function encodeEmptyDisk({ size, pieces }: EmptyDisk): Buffer {
  const header = { size, pieces: pieces.map(({ offset, data }) => [offset, data.length]) };
  return gzipSync(Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...pieces.map(({ data }) => data)]), {
    level: 9,
  });
}

export function decodeEmptyDisk(compact: Uint8Array): EmptyDisk {
  const plain = gunzipSync(compact);
  let at = plain.indexOf('\n') + 1;
  const { size, pieces } = JSON.parse(plain.toString('utf8', 0, at)) as { size: number; pieces: [number, number][] };
  const take = (length: number): Buffer => {
    at += length;
    return plain.subarray(at - length, at);
  };
  return {
    size,
    pieces: pieces.map(([offset, length]) => ({ offset, data: take(length) })),
  };
}

function writeAll(file: number, data: Uint8Array, offset: number): void {
  for (let done = 0; done < data.length; ) done += writeSync(file, data, done, data.length - done, offset + done);
}
