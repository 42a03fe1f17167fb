import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { isZero } from './zeros.ts';

/** 1 MiB: large writes, little memory. */
const BUFFER = 1024 * 1024;

/** Zeros of this size, in line with it, become a hole: 64 KiB, so that few writes are cut in two. */
const HOLE = 64 * 1024;

/** A file written from front to back through one buffer. Synchronous: its owner is a thread with nothing else to do. */
export class SequentialFile {
  readonly #fd: number;
  readonly #onBytes: (count: number) => void;
  readonly #buffer = Buffer.allocUnsafe(BUFFER);
  readonly #unsummed: number;
  #filled = 0;
  #flushed = 0;
  #sum = 0;

  /** @param unsummed bytes at the front that the checksum leaves out */
  constructor(fd: number, unsummed: number, onBytes: (count: number) => void = () => {}) {
    this.#fd = fd;
    this.#unsummed = unsummed;
    this.#onBytes = onBytes;
  }

  get position(): number {
    return this.#flushed + this.#filled;
  }

  write(bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const room = this.#room();
      const count = bytes.copy(room, 0, done);
      this.#filled += count;
      done += count;
    }
  }

  /** Copies from another file; false when that one is too short. */
  copyFrom(fd: number, offset: number, size: number): boolean {
    for (let done = 0; done < size; ) {
      const room = this.#room();
      const count = readSync(fd, room, 0, Math.min(room.length, size - done), offset + done);
      if (count === 0) return false;
      this.#filled += count;
      done += count;
    }
    return true;
  }

  /** Zeros up to this position. */
  padTo(position: number): void {
    while (this.position < position) {
      const room = this.#room().subarray(0, position - this.position);
      room.fill(0);
      this.#filled += room.length;
    }
  }

  /** Lets `edit` change the first bytes after all is written; it is told the CRC-32 of what lies behind them. */
  finish(edit: (start: Buffer, sum: number) => void): void {
    this.#flush();
    ftruncateSync(this.#fd, this.#flushed);
    const start = Buffer.alloc(this.#unsummed);
    readSync(this.#fd, start, 0, start.length, 0);
    edit(start, this.#sum);
    writeFully(this.#fd, start, 0);
  }

  /** The free part of the buffer, never empty. */
  #room(): Buffer {
    if (this.#filled === BUFFER) this.#flush();
    return this.#buffer.subarray(this.#filled);
  }

  #flush(): void {
    const bytes = this.#buffer.subarray(0, this.#filled);
    this.#sum = crc32(bytes.subarray(Math.max(0, this.#unsummed - this.#flushed)), this.#sum);
    writeWithHoles(this.#fd, bytes, this.#flushed);
    this.#onBytes(this.#filled);
    this.#flushed += this.#filled;
    this.#filled = 0;
  }
}

function writeWithHoles(fd: number, bytes: Buffer, position: number): void {
  let begin = 0;
  for (let at = 0; at < bytes.length; at += HOLE) {
    if (!isZero(bytes.subarray(at, at + HOLE))) continue;
    writeFully(fd, bytes.subarray(begin, at), position + begin);
    begin = at + HOLE;
  }
  writeFully(fd, bytes.subarray(begin), position + begin);
}

/** The last bytes before a full disk are written short, without an error. */
function writeFully(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}
