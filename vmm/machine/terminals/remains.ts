/** What is left of a terminal whose program ended: the last that it showed, for whoever looks again. */
import { type OutputChannel, STDERR, STDOUT } from '../../contract/stream.ts';
import { Audience, type AudienceEnd } from '../audience.ts';
import { type Positions, Recollection, type Scrollback, tailOf } from '../scrollback.ts';
import type { SessionClient } from '../session.ts';
import type { StdinState } from '../shared-stdin.ts';
import type { Attachable, Look } from './look.ts';

/** Bytes that are kept in memory of each. */
const MOST = 1024 * 1024;

export class Remains implements Attachable, Look {
  readonly program = this;
  readonly stdin = false;
  readonly #kept: Recollection;
  readonly #audience: Audience<SessionClient>;

  /** `kept` is read now, for it may go with its session. */
  constructor(kept: Scrollback | null, end: AudienceEnd) {
    this.#kept = kept ? lastOf(kept) : new Recollection(MOST);
    this.#audience = new Audience({ scrollback: () => this.#kept, onMoved: () => undefined });
    for (const channel of [STDOUT, STDERR] as const) this.#audience.endsAt(channel, this.#kept.recorded(channel));
    this.#audience.finish(end);
  }

  get recorded(): { stdout: number; stderr: number } {
    return { stdout: this.#kept.recorded(STDOUT), stderr: this.#kept.recorded(STDERR) };
  }

  watch(client: SessionClient, from: Positions | { tail: number }): Positions {
    const positions = 'tail' in from ? tailOf(this.#kept, from.tail) : from;
    this.#audience.join(client, positions, 'watcher');
    return positions;
  }

  consumed(client: SessionClient, channel: OutputChannel, bytes: number): void {
    this.#audience.consumed(client, channel, bytes);
  }

  async detach(client: SessionClient): Promise<void> {
    this.#audience.leave(client);
  }

  // Nobody is there to take it.
  openStdin(): StdinState {
    return { position: 0, credit: 0 };
  }
  write(): void {}
  endStdin(): void {}
  async signal(): Promise<void> {}
  async resize(): Promise<void> {}
  async redraw(): Promise<void> {}
}

function lastOf(scrollback: Scrollback): Recollection {
  const from = tailOf(scrollback, MOST);
  const last = new Recollection(MOST, from);
  const reader = scrollback.reader();
  for (let record = reader.next(); record; record = reader.next()) {
    const fresh = record.bytes.subarray(Math.max(0, last.recorded(record.channel) - record.position));
    if (fresh.length > 0) last.append(record.channel, Buffer.from(fresh), record.at);
  }
  reader.close();
  return last;
}
