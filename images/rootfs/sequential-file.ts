import { fsyncSync, readSync, writeSync } from 'node:fs';

/** 1 MiB: large writes, little memory. */
const BUFFER = 1024 * 1024;

/** A file written from front to back through one buffer. Synchronous: its owner is a thread with nothing else to do. */
export class SequentialFile {
  readonly #fd: number;
  readonly #onBytes: (count: number) => void;
  readonly #buffer = Buffer.allocUnsafe(BUFFER);
  #filled = 0;
  #flushed = 0;

  constructor(fd: number, onBytes: (count: number) => void = () => {}) {
    this.#fd = fd;
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

  /** Lets `edit` change the first bytes after all is written, and makes the whole file durable. */
  finish(length: number, edit: (start: Buffer) => void): void {
    this.#flush();
    const start = Buffer.alloc(length);
    readSync(this.#fd, start, 0, length, 0);
    edit(start);
    writeFully(this.#fd, start, 0);
    fsyncSync(this.#fd);
  }

  /** The free part of the buffer, never empty. */
  #room(): Buffer {
    if (this.#filled === BUFFER) this.#flush();
    return this.#buffer.subarray(this.#filled);
  }

  #flush(): void {
    writeFully(this.#fd, this.#buffer.subarray(0, this.#filled), this.#flushed);
    this.#onBytes(this.#filled);
    this.#flushed += this.#filled;
    this.#filled = 0;
  }
}

/** The last bytes before a full disk are written short, without an error. */
function writeFully(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}
