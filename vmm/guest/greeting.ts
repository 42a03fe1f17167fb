/** How a conversation begins: a hello with an epoch of its own, and whatever comes before its answer is dropped. */
import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { MvmError } from '../contract/errors.ts';
import { type Fields, readGuest } from './checks.ts';
import { encodeControl, flush } from './frames.ts';
import type { Guest } from './messages.ts';
import type { Outbox } from './outbox.ts';

/** The protocol that this host speaks. The agent comes with the product: it speaks the same, or something is broken. */
const PROTOCOL_VERSION = 1;

/** Without an answer the hello is said again after so many ms, then after twice as many, and so on. */
const REPEAT_MS = 1_000;

export class Greeting {
  readonly #socket: Writable;
  readonly #outbox: Outbox;
  readonly #epoch = randomUUID();
  readonly #answer = Promise.withResolvers<Guest>();
  #guest: Guest | null = null;

  constructor(socket: Writable, outbox: Outbox) {
    this.#socket = socket;
    this.#outbox = outbox;
    // Whoever awaits the exchange hears of a failure; nobody has to.
    this.#answer.promise.catch(() => {});
  }

  get answered(): boolean {
    return this.#guest !== null;
  }

  get guest(): Guest {
    if (!this.#guest) throw new Error('the agent has not answered yet');
    return this.#guest;
  }

  async exchange(): Promise<void> {
    const hello = encodeControl({ op: 'hello', epoch: this.#epoch, version: PROTOCOL_VERSION });
    this.#outbox.control(hello);
    const stop = this.#repeat(hello);
    try {
      await this.#answer.promise;
    } finally {
      stop();
    }
  }

  hear(hello: Fields): void {
    // A second answer is the one to a repeated hello, which the agent got before anything else of ours.
    if (hello.epoch !== this.#epoch || this.#guest) return;
    const guest = readGuest(hello);
    if (guest.version !== PROTOCOL_VERSION)
      throw new MvmError(
        'agent.version',
        `the guest's agent speaks protocol ${guest.version}, this mvm ${PROTOCOL_VERSION}`,
      );
    this.#guest = guest;
    this.#answer.resolve(guest);
  }

  fail(reason: unknown): void {
    this.#answer.reject(reason);
  }

  /**
   * The agent may take our first hello for the rest of a frame which an earlier connection began. Normally Linux tells
   * it that the host went away; when two connections follow each other at once, it does not notice.
   */
  #repeat(hello: Buffer): () => void {
    let wait = REPEAT_MS;
    const again = () => {
      // What the guest has not taken yet would only be followed by more.
      if (this.#socket.writableLength === 0) this.#outbox.control(Buffer.concat([flush(), hello]));
      wait *= 2;
      timer = setTimeout(again, wait);
    };
    let timer = setTimeout(again, wait);
    return () => clearTimeout(timer);
  }
}
