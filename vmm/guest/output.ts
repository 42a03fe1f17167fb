/** One stream from a program: in order, each byte once, asked for again when some are missing. */
import { MvmError } from '../contract/errors.ts';
import { encodePosition } from './frames.ts';
import type { Outbox, Sender } from './outbox.ts';

export interface OutputSink {
  output(position: number, bytes: Buffer): void;
  end(position: number): void;
}

export class Output implements Sender {
  readonly #stream: number;
  readonly #outbox: Outbox;
  readonly #sink: OutputSink;
  #received: number;
  #recorded: number;
  #acknowledged: number;
  /** the agent must be asked to send again */
  #asking = false;
  /** it was asked, and nothing came that fits */
  #asked = false;
  ended = false;

  constructor(stream: number, from: number, outbox: Outbox, sink: OutputSink) {
    this.#stream = stream;
    this.#received = this.#recorded = this.#acknowledged = from;
    this.#outbox = outbox;
    this.#sink = sink;
  }

  receive(position: number, bytes: Buffer): void {
    if (position > this.#received) {
      this.#missing();
      return;
    }
    const fresh = bytes.subarray(this.#received - position);
    if (fresh.length === 0 || this.ended) return;
    this.#asked = false;
    const at = this.#received;
    this.#received += fresh.length;
    this.#sink.output(at, fresh);
  }

  receiveEnd(position: number): void {
    if (position > this.#received) {
      this.#missing();
    } else if (!this.ended) {
      this.ended = true;
      this.#sink.end(this.#received);
    }
  }

  acknowledge(position: number): void {
    if (position <= this.#recorded) return;
    this.#recorded = Math.min(position, this.#received);
    this.#outbox.offer(this);
  }

  /** Goes back to a position, or starts there. */
  resume(from: number): void {
    if (from < this.#acknowledged)
      throw new MvmError('agent.lost-output', 'the guest has not kept output that it was told to be recorded', {
        details: { from, acknowledged: this.#acknowledged },
      });
    this.#received = from;
    this.#recorded = Math.min(this.#recorded, from);
    this.ended = false;
    this.#ask();
  }

  get waiting(): boolean {
    return this.#asking || this.#acknowledged < this.#recorded;
  }

  takeNext(): Uint8Array[] {
    if (this.#asking) {
      this.#asking = false;
      return [encodePosition('resume', this.#stream, this.#received)];
    }
    if (this.#acknowledged >= this.#recorded) return [];
    this.#acknowledged = this.#recorded;
    return [encodePosition('credit', this.#stream, this.#recorded)];
  }

  /** Until the answer comes all else is too far ahead as well: one question is enough. */
  #missing(): void {
    if (!this.#asked) this.#ask();
  }

  #ask(): void {
    this.#asking = this.#asked = true;
    this.#outbox.offer(this);
  }
}
