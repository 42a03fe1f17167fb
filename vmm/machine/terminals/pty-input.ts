/** What is typed into a pseudo terminal, no faster than it takes it: node-pty's own queue has no bound. */
import { write } from 'node:fs';
import type { IPty } from 'node-pty';
import type { StdinEnd } from '../shared-stdin.ts';

/** A terminal that is full says so, and not when it has room again; ms. */
const FULL_MS = 5;

export class PtyInput implements StdinEnd {
  readonly #fd: number;
  readonly #onConsumed: (position: number) => void;
  readonly #queue: Uint8Array[] = [];
  #consumed = 0;
  #writing = false;
  #closed = false;
  stdinReceived = 0;

  constructor(pty: IPty, onConsumed: (position: number) => void) {
    // Not in its types: the master's descriptor.
    this.#fd = (pty as IPty & { fd: number }).fd;
    this.#onConsumed = onConsumed;
  }

  write(_position: number, bytes: Uint8Array): void {
    this.stdinReceived += bytes.length;
    this.#queue.push(bytes);
    this.#next();
  }

  /** A terminal's end is a key, which the program may take for what it likes. */
  endStdin(): void {
    this.write(this.stdinReceived, Buffer.of(4));
  }

  close(): void {
    this.#closed = true;
  }

  #next(): void {
    const [first] = this.#queue;
    if (!first || this.#writing || this.#closed) return;
    this.#writing = true;
    write(this.#fd, first, (error, written) => {
      this.#writing = false;
      if (error?.code === 'EAGAIN') setTimeout(() => this.#next(), FULL_MS);
      // Any other failure is the program's end, which is told by its exit.
      else if (!error) this.#wrote(first, written);
    });
  }

  #wrote(bytes: Uint8Array, written: number): void {
    if (written === bytes.length) this.#queue.shift();
    else this.#queue[0] = bytes.subarray(written);
    this.#consumed += written;
    this.#onConsumed(this.#consumed);
    this.#next();
  }
}
