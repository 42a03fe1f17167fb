/**
 * One program's streams, between the guest, what is kept of its output, and all who watch.
 *
 * The agent keeps what is not acknowledged and sends it again after any break. So a byte is acknowledged only when
 * the scrollback has it (if there is one) and whoever is waited for has consumed it: whoever dies in between, nothing
 * is lost. Positions count bytes of a channel from the program's start.
 */
import { type OutputChannel, STDERR, STDOUT } from '../contract/stream.ts';
import type { ErrorBody, ProgramExit, TerminalSize } from '../contract/types.ts';
import type { GuestProcess, ProcessSink } from '../guest/process.ts';
import { Audience, type Departure, type Watcher } from './audience.ts';
import type { OutputLog } from './output-log.ts';
import { type Positions, type Scrollback, tailOf } from './scrollback.ts';
import type { SessionFacts } from './session-files.ts';
import { SharedStdin, type StdinState, type Typist } from './shared-stdin.ts';
import type { Stopwatch } from './stopwatch.ts';

export interface SessionClient extends Watcher, Typist {}

/** How a client goes: after the program's end or for having given up, without a word, or by detaching. */
export type Leave = 'done' | 'lost' | 'detached';

export interface SessionOptions {
  id: string;
  facts: SessionFacts;
  /** the machine's own program */
  main: boolean;
  /** its client is expected: it is waited for when it goes away */
  foreground: boolean;
  /** what is kept of its output, and read again by who comes later */
  log: OutputLog | null;
  /** begins to keep it */
  openLog(): OutputLog;
  now(): number;
  /** how long one who went away has to come back, ms */
  clientGraceMs(): number;
  /** the code that is reported for the guest's */
  exitCode(code: number): number;
  /** the expected client did not come back in time */
  onAbandoned(session: Session): void;
  /** its client leaves it running: resolves when a later service would know */
  onDetached(session: Session): Promise<void>;
  /** the first who watches it came, or the last one went */
  onWatched(session: Session): void;
  /** takes the points of the program's own time */
  stopwatch: Stopwatch;
  /** recording failed; the program goes on */
  onLogLost(error: Error): void;
}

export type SessionEnd = { exit: ProgramExit } | { error: ErrorBody };

const channelOf = { stdout: STDOUT, stderr: STDERR } as const;
const nameOf = { [STDOUT]: 'stdout', [STDERR]: 'stderr' } as const;

export class Session {
  readonly id: string;
  readonly main: boolean;
  /** the program's end, or why it cannot be known */
  readonly ended: Promise<SessionEnd>;
  /** nobody needs the guest's copy any more: it may be reaped */
  readonly settled: Promise<void>;
  readonly #options: SessionOptions;
  readonly #audience: Audience<SessionClient>;
  readonly #stdin = new SharedStdin<SessionClient>();
  #process: GuestProcess | null = null;
  #foreground: boolean;
  #log: OutputLog | null;
  #logLost = false;
  #graceTimer: NodeJS.Timeout | null = null;
  #end: SessionEnd | null = null;
  #sawByte = false;
  readonly #received: Positions = { [STDOUT]: 0, [STDERR]: 0 };
  /** up to where somebody who is away, and may come back, has consumed */
  #missed: Positions | null = null;
  #resolveEnded: (end: SessionEnd) => void = () => {};
  #resolveSettled: () => void = () => {};

  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.main = options.main;
    this.#foreground = options.foreground;
    this.#log = options.log;
    this.#audience = new Audience({ scrollback: () => this.#log, onMoved: () => this.#moved() });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.settled = new Promise((resolve) => {
      this.#resolveSettled = resolve;
    });
  }

  /** What the guest says about the program; hand it to `exec` or `adopt`. */
  readonly sink: ProcessSink = {
    output: (name, position, bytes) => this.#output(channelOf[name], position, bytes),
    end: (name, position) => this.#audience.endsAt(channelOf[name], position),
    stdinConsumed: (position) => this.#stdin.consumed(position),
    exit: ({ code, signal }) => {
      this.#options.stopwatch.mark('exited');
      this.#finish({ exit: { code: this.#options.exitCode(code), signal, at: this.#options.now() } });
    },
  };

  get stopwatch(): Stopwatch {
    return this.#options.stopwatch;
  }

  get foreground(): boolean {
    return this.#foreground;
  }

  get facts(): SessionFacts {
    return this.#options.facts;
  }

  /** Somebody watches who did not start it. */
  get watched(): boolean {
    return this.#audience.has('watcher');
  }

  /** Where the output ends that is kept: what is sent after it is new. */
  get recorded(): { stdout: number; stderr: number } {
    const to = (channel: OutputChannel) => this.#log?.recorded(channel) ?? this.#received[channel];
    return { stdout: to(STDOUT), stderr: to(STDERR) };
  }

  /** What is kept of its output, if anything is. */
  get scrollback(): Scrollback | null {
    return this.#log;
  }

  /** How many watch it. */
  get attached(): number {
    return this.#audience.size;
  }

  /** From where the guest must send again, so that neither log nor client misses a byte. */
  get resumeFrom(): { stdout: number; stderr: number } {
    const from = (channel: OutputChannel) => this.#log?.recorded(channel) ?? this.#needed(channel);
    return { stdout: from(STDOUT), stderr: from(STDERR) };
  }

  /** An earlier service had this session: the guest was told that everything up to here is recorded and consumed. */
  adopted(acknowledged: Positions, clientsWillReturn: boolean): void {
    Object.assign(this.#received, acknowledged);
    if (clientsWillReturn) this.#missed = { ...acknowledged };
    // A disk that was full then took less.
    this.#log?.startAt(acknowledged);
  }

  /** The guest's end is known: it sends and takes bytes. */
  get bound(): boolean {
    return this.#process !== null;
  }

  bind(process: GuestProcess): void {
    this.#process = process;
    this.#stdin.bind(process);
  }

  /** Its own client begins to watch, having consumed the outputs up to `from`. */
  attach(client: SessionClient, from: Positions): void {
    this.#stopGrace();
    this.#foreground = true;
    this.#missed = null;
    this.#audience.replaceOwner();
    this.#audience.join(client, from, 'owner');
  }

  /** One more begins to watch; answers from where. */
  watch(client: SessionClient, from: Positions | { tail: number }): Positions {
    if (!this.#foreground) this.#expectNobody();
    const positions = 'tail' in from ? this.#tail(from.tail) : from;
    const first = !this.watched;
    this.#audience.join(client, positions, 'watcher');
    if (first) this.#options.onWatched(this);
    return positions;
  }

  /**
   * Begins to keep the output, for somebody who comes later; true when the guest must send again what the log lacks.
   * What its only client has consumed is not kept any more.
   */
  record(): boolean {
    if (this.#log || this.#logLost) return false;
    try {
      const log = this.#options.openLog();
      log.startAt({ [STDOUT]: this.#needed(STDOUT), [STDERR]: this.#needed(STDERR) });
      this.#log = log;
    } catch (error) {
      this.#loseLog(error as Error);
    }
    return this.#log !== null;
  }

  /** Where the client's stdin goes on, and how much it may send at once. */
  openStdin(client: SessionClient): StdinState {
    return this.#stdin.open(client);
  }

  write(client: SessionClient, bytes: Uint8Array): void {
    this.#stdin.write(client, bytes);
  }

  endStdin(client: SessionClient): void {
    this.#stdin.end(client);
  }

  async detach(client: SessionClient, how: Leave): Promise<void> {
    this.#stdin.leave(client, how === 'lost' ? 'lost' : 'for good');
    const left = this.#audience.leave(client);
    if (!left) return;
    if (left.role === 'watcher' && !this.watched) this.#options.onWatched(this);
    if (this.#foreground) await this.#departed(left, how);
    this.#moved();
  }

  /** Gives the expected client its time to come back. */
  awaitClient(): void {
    this.#stopGrace();
    this.#graceTimer = setTimeout(() => this.#abandon(), this.#options.clientGraceMs());
  }

  /** Gives those who watched it under an earlier service their time to come back, before the program goes on. */
  awaitWatcher(goOn: () => void): void {
    this.#stopGrace();
    this.#graceTimer = setTimeout(() => {
      this.#expectNobody();
      goOn();
      this.#moved();
    }, this.#options.clientGraceMs());
  }

  /** Nobody is waited for any more: the log alone, if any, decides what is acknowledged. */
  leave(): void {
    this.#expectNobody();
    this.#acknowledge();
    if (this.#end) this.#resolveSettled();
  }

  consumed(client: SessionClient, channel: OutputChannel, bytes: number): void {
    this.#audience.consumed(client, channel, bytes);
  }

  async signal(name: string): Promise<void> {
    await this.#process?.signal(name);
  }

  async resize(size: TerminalSize): Promise<void> {
    await this.#process?.resize(size);
  }

  /** For one who comes to a program that fills its terminal: a change of size makes it draw anew. */
  async redraw({ columns, rows }: TerminalSize): Promise<void> {
    await this.resize({ columns, rows: rows === 1 ? 2 : rows - 1 });
    await this.resize({ columns, rows });
  }

  async reap(): Promise<void> {
    await this.#process?.reap();
  }

  /** The machine is gone under the program. */
  fail(error: ErrorBody): void {
    this.#finish({ error });
  }

  get #unwatched(): boolean {
    return this.#audience.size === 0;
  }

  #tail(most: number): Positions {
    return this.#log ? tailOf(this.#log, most) : { ...this.#received };
  }

  #output(channel: OutputChannel, offset: number, bytes: Buffer): void {
    if (!this.#sawByte) this.#options.stopwatch.mark('firstByte');
    this.#sawByte = true;
    this.#received[channel] = Math.max(this.#received[channel], offset + bytes.length);
    this.#record(channel, offset, bytes);
    this.#audience.hear(channel, offset, bytes);
    this.#acknowledge();
  }

  #record(channel: OutputChannel, offset: number, bytes: Buffer): void {
    try {
      this.#log?.append(channel, offset, bytes, this.#options.now());
    } catch (error) {
      this.#loseLog(error as Error);
    }
  }

  #loseLog(error: Error): void {
    this.#log = null;
    this.#logLost = true;
    this.#options.onLogLost(error);
  }

  /** The earliest position that somebody still needs. */
  #needed(channel: OutputChannel): number {
    const watched = this.#audience.needed(channel) ?? this.#received[channel];
    return Math.min(watched, this.#missed?.[channel] ?? watched);
  }

  #acknowledge(): void {
    for (const channel of [STDOUT, STDERR] as const) {
      const needed = this.#needed(channel);
      this.#process?.acknowledge(nameOf[channel], Math.min(needed, this.#log?.recorded(channel) ?? needed));
    }
  }

  #moved(): void {
    this.#acknowledge();
    const nobodyComes = !this.#foreground && this.#graceTimer === null;
    if (this.#end && nobodyComes && this.#unwatched) this.#resolveSettled();
  }

  #finish(end: SessionEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#resolveEnded(end);
    this.#audience.finish('exit' in end ? { ...end, timeline: this.#options.stopwatch.timeline } : end);
    if ('error' in end) this.#settleFailed();
    else this.#moved();
  }

  /** Nobody is waited for: who comes back learns of the failure. */
  #settleFailed(): void {
    this.#stopGrace();
    this.#resolveSettled();
  }

  /** One of those who keep a foreground program going went: the one who started it, or the last of all. */
  async #departed({ role, endTold, consumed }: Departure, how: Leave): Promise<void> {
    if (role === 'watcher' && !this.#unwatched) return;
    if (how === 'lost') {
      this.#missed ??= consumed;
      this.awaitClient();
    } else if (how === 'detached') {
      this.#missed = consumed;
      const known = this.#options.onDetached(this);
      this.#expectNobody();
      await known;
    } else if (endTold) this.#expectNobody();
    else if (this.#unwatched) this.#abandon();
  }

  /** Whoever watches a program that lost its client is its client from now on. */
  #abandon(): void {
    this.#stopGrace();
    if (this.#unwatched) this.#options.onAbandoned(this);
    else this.#missed = null;
    this.#moved();
  }

  #expectNobody(): void {
    this.#stopGrace();
    this.#foreground = false;
    this.#missed = null;
  }

  #stopGrace(): void {
    if (this.#graceTimer) clearTimeout(this.#graceTimer);
    this.#graceTimer = null;
  }
}
