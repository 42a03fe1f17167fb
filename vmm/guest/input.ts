/** The stream to a program. Bytes are kept until the agent says that they were taken, for it may want them again. */
import { CHUNK, encodeData, encodePosition } from './frames.ts';
import type { Outbox, Sender } from './outbox.ts';

export class Input implements Sender {
  readonly #stream: number;
  readonly #outbox: Outbox;
  /** in order and without gaps, the first holding the first byte that is not consumed */
  #kept: { position: number; bytes: Uint8Array }[] = [];
  #consumed: number;
  #sent: number;
  #end: number | null = null;
  #endSent = false;
  /** where the next byte belongs */
  written: number;

  constructor(stream: number, from: number, outbox: Outbox) {
    this.#stream = stream;
    this.#consumed = this.#sent = this.written = from;
    this.#outbox = outbox;
  }

  write(position: number, bytes: Uint8Array): void {
    if (position > this.written) throw new RangeError(`stdin goes on at ${this.written}, not at ${position}`);
    const fresh = bytes.subarray(this.written - position);
    for (let at = 0; at < fresh.length; at += CHUNK) {
      const piece = fresh.subarray(at, at + CHUNK);
      this.#kept.push({ position: this.written, bytes: piece });
      this.written += piece.length;
    }
    if (fresh.length > 0) this.#outbox.offer(this);
  }

  end(position: number): void {
    this.#end = position;
    this.#outbox.offer(this);
  }

  /** False when it is no news, or none that can be true. */
  consumed(position: number): boolean {
    if (position <= this.#consumed || position > this.#sent) return false;
    this.#consumed = position;
    const first = this.#kept.findIndex((piece) => piece.position + piece.bytes.length > position);
    this.#kept.splice(0, first < 0 ? this.#kept.length : first);
    return true;
  }

  sendAgain(from: number): void {
    if (from < this.#consumed || from > this.#sent) return;
    this.#sent = from;
    this.#endSent = false;
    this.#outbox.offer(this);
  }

  get waiting(): boolean {
    return this.#sent < this.written || (this.#end !== null && !this.#endSent);
  }

  takeNext(): Uint8Array[] {
    const next = this.#kept.find(({ position, bytes }) => position + bytes.length > this.#sent);
    if (next) {
      const bytes = next.bytes.subarray(this.#sent - next.position);
      const frame = encodeData(this.#stream, this.#sent, bytes);
      this.#sent += bytes.length;
      return frame;
    }
    if (this.#end === null || this.#endSent) return [];
    this.#endSent = true;
    return [encodePosition('end', this.#stream, this.#end)];
  }
}
