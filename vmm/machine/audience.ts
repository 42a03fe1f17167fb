/**
 * All who watch one program: each gets every byte from its own place on, in order and once.
 *
 * Who keeps up is sent what arrives; who does not reads on from the scrollback. The program waits for the slowest, as
 * for any reader of a pipe, but not for ever: a watcher that takes nothing for `PATIENCE_MS` holds nobody up until it
 * has caught up again. If by then the scrollback has lost what comes next, it is told how many bytes it misses. Who
 * started the program and watches it alone is waited for without end.
 */
import { type OutputChannel, STDERR, STDOUT, WINDOW } from '../contract/stream.ts';
import type { ErrorBody, ProgramExit, Timeline } from '../contract/types.ts';
import type { OutputRecord, Positions, Scrollback, ScrollbackReader } from './scrollback.ts';

/** Where a program's output goes while somebody watches. */
export interface Watcher {
  output(channel: OutputChannel, bytes: Uint8Array): void;
  /** so many bytes are not kept any more */
  skipped(channel: OutputChannel, bytes: number): void;
  end(channel: OutputChannel): void;
  exit(exit: ProgramExit, timeline: Timeline): void;
  fail(error: ErrorBody): void;
}

/** `owner`: who started the program. */
export type Role = 'owner' | 'watcher';

/** One who leaves: what it was, what it had consumed, and whether it had been told the program's end. */
export interface Departure {
  readonly role: Role;
  readonly consumed: Positions;
  readonly endTold: boolean;
}

export type AudienceEnd = { exit: ProgramExit; timeline: Timeline } | { error: ErrorBody };

export interface AudienceOptions {
  /** null while nothing is kept: then there is one watcher at most, who is always up to date */
  scrollback(): Scrollback | null;
  /** somebody took bytes, came up to date, left, or is not waited for any more */
  onMoved(): void;
}

const CHANNELS = [STDOUT, STDERR] as const;

/** How long a watcher that takes nothing holds the program up, ms. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 1_000;

interface Place extends Departure {
  sent: Positions;
  /** sent and not consumed, without what was skipped */
  underWay: Positions;
  /** what was skipped, by the position before it */
  skips: Record<OutputChannel, { at: number; bytes: number }[]>;
  /** while it is behind, and the record for which it had no room */
  reader: ScrollbackReader | null;
  pending: OutputRecord | null;
  /** the program waits for it */
  holds: boolean;
  /** took nothing in so many looks */
  idle: number;
  endsTold: Set<OutputChannel>;
  endTold: boolean;
}

export class Audience<Client extends Watcher> {
  readonly #options: AudienceOptions;
  readonly #places = new Map<Client, Place>();
  readonly #ends: Record<OutputChannel, number | null> = { [STDOUT]: null, [STDERR]: null };
  #end: AudienceEnd | null = null;
  #looks: NodeJS.Timeout | null = null;

  constructor(options: AudienceOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#places.size;
  }

  has(role: Role): boolean {
    return [...this.#places.values()].some((place) => place.role === role);
  }

  /** Begins to watch, having consumed everything up to `from`. */
  join(client: Client, from: Positions, role: Role): void {
    const place: Place = {
      role,
      sent: { ...from },
      consumed: { ...from },
      underWay: { [STDOUT]: 0, [STDERR]: 0 },
      skips: { [STDOUT]: [], [STDERR]: [] },
      reader: null,
      pending: null,
      holds: true,
      idle: 0,
      endsTold: new Set(),
      endTold: false,
    };
    this.#places.set(client, place);
    const kept = this.#options.scrollback();
    if (kept && CHANNELS.some((channel) => from[channel] < kept.recorded(channel))) place.reader = kept.reader();
    this.#lookAfter();
    this.#proceed(client, place);
  }

  /** null when it does not watch. */
  leave(client: Client): Departure | null {
    const place = this.#places.get(client);
    if (!place) return null;
    place.reader?.close();
    this.#places.delete(client);
    this.#lookAfter();
    return place;
  }

  /** Who started it and came back is not two. */
  replaceOwner(): void {
    for (const [client, { role }] of this.#places) if (role === 'owner') this.leave(client);
  }

  /** Bytes of the program, already kept if anything is. */
  hear(channel: OutputChannel, position: number, bytes: Buffer): void {
    for (const [client, place] of this.#places) {
      if (place.reader) continue;
      if (!this.#send(client, place, { channel, position, bytes }))
        place.reader = this.#options.scrollback()?.reader() ?? null;
      this.#tell(client, place);
    }
  }

  /** So many bytes more were taken. */
  consumed(client: Client, channel: OutputChannel, bytes: number): void {
    const place = this.#places.get(client);
    if (!place || bytes <= 0) return;
    const taken = Math.min(bytes, place.underWay[channel]);
    place.underWay[channel] -= taken;
    place.consumed[channel] += taken;
    passSkips(place, channel);
    place.idle = 0;
    this.#proceed(client, place);
    this.#options.onMoved();
  }

  /** The earliest position that somebody who is waited for still needs; null when there is nobody. */
  needed(channel: OutputChannel): number | null {
    const waitedFor = [...this.#places.values()].filter(({ holds }) => holds);
    return waitedFor.length === 0 ? null : Math.min(...waitedFor.map(({ consumed }) => consumed[channel]));
  }

  /** A channel ends at this position. */
  endsAt(channel: OutputChannel, position: number): void {
    this.#ends[channel] = position;
    this.#tellAll();
  }

  finish(end: AudienceEnd): void {
    this.#end ??= end;
    this.#tellAll();
  }

  /** Sends what it is behind, as far as there is room. */
  #proceed(client: Client, place: Place): void {
    while (place.reader) {
      const record = place.pending ?? place.reader.next();
      if (!record) this.#upToDate(client, place);
      else if (this.#send(client, place, record)) place.pending = null;
      else {
        place.pending = record;
        return;
      }
    }
    if (CHANNELS.every((channel) => place.underWay[channel] === 0)) place.holds = true;
    this.#tell(client, place);
  }

  #upToDate(client: Client, place: Place): void {
    place.reader?.close();
    place.reader = null;
    const kept = this.#options.scrollback();
    for (const channel of CHANNELS) this.#skipTo(client, place, channel, kept?.recorded(channel) ?? 0);
  }

  /** False when there is no room for it. */
  #send(client: Client, place: Place, { channel, position, bytes }: Omit<OutputRecord, 'at'>): boolean {
    const fresh = bytes.subarray(Math.max(0, place.sent[channel] - position));
    if (fresh.length === 0) return true;
    if (place.underWay[channel] >= WINDOW) return false;
    this.#skipTo(client, place, channel, position);
    place.sent[channel] += fresh.length;
    place.underWay[channel] += fresh.length;
    client.output(channel, fresh);
    return true;
  }

  #skipTo(client: Client, place: Place, channel: OutputChannel, position: number): void {
    const missing = position - place.sent[channel];
    if (missing <= 0) return;
    place.skips[channel].push({ at: place.sent[channel], bytes: missing });
    place.sent[channel] = position;
    passSkips(place, channel);
    client.skipped(channel, missing);
  }

  #tellAll(): void {
    for (const [client, place] of this.#places) this.#tell(client, place);
  }

  /** Ends of channels once all before them is sent, and the exit once both have ended. */
  #tell(client: Client, place: Place): void {
    if (place.endTold) return;
    for (const channel of CHANNELS) {
      if (place.reader || this.#ends[channel] !== place.sent[channel] || place.endsTold.has(channel)) continue;
      place.endsTold.add(channel);
      client.end(channel);
    }
    if (!this.#end) return;
    if ('error' in this.#end) {
      place.endTold = true;
      client.fail(this.#end.error);
    } else if (place.endsTold.size === CHANNELS.length) {
      place.endTold = true;
      client.exit(this.#end.exit, this.#end.timeline);
    }
  }

  /** Looks are needed while there is somebody who is not waited for without end. */
  #lookAfter(): void {
    const needed = this.#places.size > 1 || this.has('watcher');
    if (needed) this.#looks ??= setInterval(() => this.#look(), LOOK_MS).unref();
    else if (this.#looks) {
      clearInterval(this.#looks);
      this.#looks = null;
    }
  }

  #look(): void {
    for (const [client, place] of this.#places) {
      const owed = place.reader !== null || CHANNELS.some((channel) => place.underWay[channel] > 0);
      place.idle = owed ? place.idle + 1 : 0;
      if (place.idle * LOOK_MS < PATIENCE_MS || !this.#mayLetGo(place)) continue;
      if (this.#end) this.#dismiss(client);
      place.holds = false;
      this.#options.onMoved();
    }
  }

  #mayLetGo({ role }: Place): boolean {
    return role === 'watcher' || this.#places.size > 1;
  }

  /** The program has ended, and what is left of it does not wait longer for this one. */
  #dismiss(client: Client): void {
    this.leave(client);
    client.fail({ code: 'session.too-slow', message: 'what was left of the output was not taken in time' });
  }
}

/** What follows consumed bytes and was skipped counts as consumed. */
function passSkips({ consumed, skips }: Place, channel: OutputChannel): void {
  for (let first = skips[channel][0]; first && consumed[channel] >= first.at; first = skips[channel][0]) {
    consumed[channel] += first.bytes;
    skips[channel].shift();
  }
}
