/** What a client sends to a program's stdin, kept until the guest has taken it. */
import { MAX_PAYLOAD, WINDOW } from './stream.ts';

export class Outbox {
  /** bytes from `#base` on */
  #kept: Uint8Array[] = [];
  #base = 0;
  #sent = 0;
  #granted = 0;
  #length = 0;
  #ended = false;
  #endSent = false;
  /** what others sent before: the program's stdin is so much further than what is counted here */
  #others = 0;
  #waiting: (() => void)[] = [];

  add(bytes: Uint8Array): void {
    this.#kept.push(bytes);
    this.#length += bytes.length;
  }

  end(): void {
    this.#ended = true;
  }

  /** Resolves once less than a window is kept. */
  room(): Promise<void> {
    if (this.#length - this.#base < WINDOW) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The guest took so much more of it; those bytes end at `position` of the program's stdin. */
  grant(bytes: number, position?: number): void {
    this.#granted += bytes;
    const taken = this.#granted - WINDOW;
    if (position !== undefined) this.#others = position - taken;
    this.#forget(taken);
  }

  /** Until the guest said where it is, nothing may be sent. */
  pause(): void {
    this.#granted = this.#sent;
  }

  /**
   * The program's stdin goes on at `position`. When that is within what was sent, the guest has everything before it;
   * else others sent meanwhile, and what cannot be told apart any more is not sent twice.
   */
  rewind(position: number): void {
    const own = position - this.#others;
    const at = own >= this.#base && own <= this.#sent ? own : this.#sent;
    this.#others = position - at;
    this.#forget(at);
    this.#sent = at;
    this.#granted = at;
    this.#endSent = false;
  }

  /** What may be sent now; an empty chunk is the end. */
  take(): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    while (this.#sent < Math.min(this.#granted, this.#length)) chunks.push(this.#next());
    if (this.#ended && !this.#endSent && this.#sent === this.#length && this.#granted > 0) {
      this.#endSent = true;
      chunks.push(new Uint8Array(0));
    }
    return chunks;
  }

  #next(): Uint8Array {
    let skip = this.#sent - this.#base;
    for (const chunk of this.#kept) {
      if (skip < chunk.length) {
        const part = chunk.subarray(skip, skip + Math.min(MAX_PAYLOAD, this.#granted - this.#sent));
        this.#sent += part.length;
        return part;
      }
      skip -= chunk.length;
    }
    throw new Error('the outbox holds less than it says');
  }

  #forget(position: number): void {
    for (let first = this.#kept[0]; first && this.#base + first.length <= position; first = this.#kept[0]) {
      this.#base += first.length;
      this.#kept.shift();
    }
    if (this.#length - this.#base >= WINDOW) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
