/** What goes to the agent: control frames first, then a frame of each stream in turn, never more than the socket takes. */
import type { Writable } from 'node:stream';

export interface Sender {
  /** the next pieces to write, none when there is nothing to say */
  takeNext(): Uint8Array[];
  /** whether there is more */
  readonly waiting: boolean;
}

export class Outbox {
  readonly #socket: Writable;
  #control: Uint8Array[] = [];
  readonly #ready = new Set<Sender>();

  constructor(socket: Writable) {
    this.#socket = socket;
    socket.on('drain', () => this.#send());
  }

  control(frame: Uint8Array): void {
    this.#control.push(frame);
    this.#send();
  }

  /** A stream has something to say. */
  offer(sender: Sender): void {
    this.#ready.add(sender);
    this.#send();
  }

  #send(): void {
    while (!this.#socket.writableNeedDrain && !this.#socket.destroyed) {
      const pieces = this.#control.length > 0 ? this.#control.splice(0, 1) : this.#nextOfStreams();
      if (!pieces) return;
      this.#socket.cork();
      for (const piece of pieces) this.#socket.write(piece);
      this.#socket.uncork();
    }
  }

  /** A set keeps the order in which streams were added: one that has more goes to its end. */
  #nextOfStreams(): Uint8Array[] | null {
    const [first] = this.#ready;
    if (!first) return null;
    this.#ready.delete(first);
    const pieces = first.takeNext();
    if (first.waiting) this.#ready.add(first);
    return pieces;
  }
}
