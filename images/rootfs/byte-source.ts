import { readSync } from 'node:fs';

/** Bytes at positions: a file or memory. Less than `length` comes back only at the end. */
export interface ByteSource {
  size: number;
  read(position: number, length: number): Buffer;
}

export function memorySource(bytes: Buffer): ByteSource {
  return { size: bytes.length, read: (position, length) => bytes.subarray(position, position + length) };
}

/** 64 KiB: headers of small files come many at a time, and little is read in vain between large ones. */
const WINDOW = 64 * 1024;

/** Reads by windows; what it hands out stays valid, for no window is filled twice. */
export function fileSource(fd: number, size: number): ByteSource {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  function read(position: number, length: number): Buffer {
    const wanted = Math.min(length, Math.max(0, size - position));
    if (position < start || position + wanted > start + window.length) {
      start = position;
      window = readFully(fd, position, Math.max(wanted, Math.min(WINDOW, size - position)));
    }
    return window.subarray(position - start, position - start + wanted);
  }
  return { size, read };
}

/** Reads until `length` bytes are there or the file ends. */
function readFully(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(fd, bytes, filled, length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
