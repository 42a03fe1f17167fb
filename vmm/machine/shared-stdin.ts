/**
 * What all who watch a program send to it, in the order in which it comes, and never more than the guest takes.
 *
 * Each may have a window's bytes under way, and hears how far its own were consumed and where in the program's stdin
 * that is, and of others' bytes where they end: so one who comes back after a broken connection knows which of its bytes
 * the guest has, and takes nobody else's for them.
 */
import { MvmError } from '../contract/errors.ts';
import { WINDOW } from '../contract/stream.ts';

export interface Typist {
  /** the program took `bytes` more of what this one sent, none when they were others'; they end at `position` of its stdin */
  grantStdin(bytes: number, position: number): void;
}

export interface StdinState {
  /** where in the program's stdin what is sent next will stand */
  position: number;
  /** how much may be sent at once */
  credit: number;
}

export interface StdinEnd {
  /** where the next byte belongs */
  readonly stdinReceived: number;
  write(position: number, bytes: Uint8Array): void;
  endStdin(position: number): void;
}

interface Queue {
  waiting: Uint8Array[];
  /** sent by it and not consumed */
  underWay: number;
  ended: boolean;
  /** it left, and what it sent before still goes to the program */
  left: boolean;
}

export class SharedStdin<Client extends Typist> {
  readonly #queues = new Map<Client, Queue>();
  /** whose bytes stand where in the program's stdin, of those that are not consumed */
  readonly #parts: { client: Client; from: number; to: number }[] = [];
  #program: StdinEnd | null = null;
  #written = 0;
  #consumed = 0;
  #ended = false;

  bind(program: StdinEnd): void {
    this.#program = program;
    this.#written = program.stdinReceived;
    this.#consumed = Math.max(this.#consumed, this.#written - WINDOW);
  }

  /** Until it is opened, a client may send nothing: what it sent meanwhile would stand in the wrong place. */
  open(client: Client): StdinState {
    this.#queues.set(client, { waiting: [], underWay: 0, ended: false, left: false });
    return { position: this.#written, credit: WINDOW };
  }

  /** @throws MvmError `request.invalid` when it sends more than it was granted */
  write(client: Client, bytes: Uint8Array): void {
    const queue = this.#queues.get(client);
    if (!queue || queue.underWay + bytes.length > WINDOW)
      throw new MvmError('request.invalid', 'more was sent on stdin than was granted');
    queue.underWay += bytes.length;
    queue.waiting.push(bytes);
    this.#flush();
  }

  /** Nobody types any more, once what this one sent is with the program. */
  end(client: Client): void {
    const queue = this.#queues.get(client);
    if (queue) queue.ended = true;
    this.#flush();
  }

  /** One that is lost comes back and sends again what the guest has not; one that took leave does not. */
  leave(client: Client, how: 'lost' | 'for good'): void {
    const queue = this.#queues.get(client);
    if (!queue) return;
    queue.left = true;
    if (how === 'lost') this.#queues.delete(client);
    else this.#flush();
  }

  /** The program took everything up to here. */
  consumed(position: number): void {
    this.#consumed = Math.max(this.#consumed, position);
    this.#grant();
    this.#flush();
  }

  #grant(): void {
    for (let part = this.#parts[0]; part && part.from < this.#consumed; part = this.#parts[0]) {
      const to = Math.min(part.to, this.#consumed);
      for (const [client, queue] of this.#queues) {
        const own = client === part.client ? to - part.from : 0;
        queue.underWay -= own;
        if (!queue.left) client.grantStdin(own, to);
      }
      part.from = to;
      if (part.from === part.to) this.#parts.shift();
    }
  }

  /** A piece of each in turn, for as long as the guest has room. */
  #flush(): void {
    if (!this.#program || this.#ended) return;
    for (let wrote = true; wrote; ) {
      wrote = false;
      for (const [client, queue] of this.#queues) wrote = this.#writeOne(client, queue) || wrote;
    }
    for (const [client, queue] of this.#queues) if (queue.waiting.length === 0) this.#emptied(client, queue);
  }

  #writeOne(client: Client, queue: Queue): boolean {
    const [first] = queue.waiting;
    const room = this.#consumed + WINDOW - this.#written;
    if (!first || room <= 0) return false;
    const piece = first.subarray(0, room);
    if (piece.length === first.length) queue.waiting.shift();
    else queue.waiting[0] = first.subarray(piece.length);
    const from = this.#written;
    this.#written += piece.length;
    this.#parts.push({ client, from, to: this.#written });
    this.#program?.write(from, piece);
    return true;
  }

  #emptied(client: Client, queue: Queue): void {
    if (queue.left) this.#queues.delete(client);
    if (!queue.ended || this.#ended) return;
    this.#ended = true;
    this.#program?.endStdin(this.#written);
  }
}
