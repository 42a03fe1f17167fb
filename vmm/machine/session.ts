/**
 * One program's streams, between the guest, the log and the client that watches.
 *
 * The agent keeps what is not acknowledged and sends it again after any break. So a byte is acknowledged only when
 * the log has it (if there is one) and the client has consumed it (while one is expected): whoever dies in between,
 * nothing is lost. Positions count bytes of a channel from the program's start.
 */
import { CLIENT_GRACE_MS, type OutputChannel, STDERR, STDOUT, WINDOW } from '../contract/stream.ts';
import type { ErrorBody, ProgramExit, TerminalSize, Timeline } from '../contract/types.ts';
import type { GuestProcess, ProcessSink } from '../guest/process.ts';
import type { OutputLog } from './output-log.ts';
import type { Stopwatch } from './stopwatch.ts';

export type Positions = Record<OutputChannel, number>;

/** Where a session's output goes while somebody watches. */
export interface SessionClient {
  output(channel: OutputChannel, bytes: Uint8Array): void;
  end(channel: OutputChannel): void;
  /** the guest's program took `bytes` more of stdin */
  grantStdin(bytes: number): void;
  exit(exit: ProgramExit, timeline: Timeline): void;
  fail(error: ErrorBody): void;
}

export interface StdinState {
  position: number;
  credit: number;
}

export interface SessionOptions {
  id: string;
  /** the machine's own program */
  main: boolean;
  /** a client is expected: it is waited for when it goes away */
  foreground: boolean;
  log: OutputLog | null;
  now(): number;
  /** the code that is reported for the guest's */
  exitCode(code: number): number;
  /** the expected client did not come back in time */
  onAbandoned(session: Session): void;
  /** takes the points of the program's own time */
  stopwatch: Stopwatch;
  /** recording failed; the program goes on */
  onLogLost(error: Error): void;
}

export type SessionEnd = { exit: ProgramExit } | { error: ErrorBody };

const CHANNELS = [STDOUT, STDERR] as const;
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
  #process: GuestProcess | null = null;
  #client: SessionClient | null = null;
  #foreground: boolean;
  #log: OutputLog | null;
  #graceTimer: NodeJS.Timeout | null = null;
  #end: SessionEnd | null = null;
  #clientTold = false;
  #sawByte = false;
  /** received from the guest, sent to the client, consumed by the client, and the channel's end once it is known */
  readonly #received: Positions = { [STDOUT]: 0, [STDERR]: 0 };
  readonly #sent: Positions = { [STDOUT]: 0, [STDERR]: 0 };
  readonly #consumed: Positions = { [STDOUT]: 0, [STDERR]: 0 };
  readonly #ends: Record<OutputChannel, number | null> = { [STDOUT]: null, [STDERR]: null };
  readonly #endsTold = new Set<OutputChannel>();
  #stdinConsumed = 0;
  #stdinOpen = false;
  #resolveEnded: (end: SessionEnd) => void = () => {};
  #resolveSettled: () => void = () => {};

  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.main = options.main;
    this.#foreground = options.foreground;
    this.#log = options.log;
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
    end: (name, position) => {
      this.#ends[channelOf[name]] = position;
      this.#tellClient();
    },
    stdinConsumed: (position) => this.#grantStdin(position),
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

  get hasClient(): boolean {
    return this.#client !== null;
  }

  /** From where the guest must send again, so that neither log nor client misses a byte. */
  get resumeFrom(): { stdout: number; stderr: number } {
    const from = (channel: OutputChannel) => this.#needed(channel, 0);
    return { stdout: from(STDOUT), stderr: from(STDERR) };
  }

  bind(process: GuestProcess): void {
    this.#process = process;
  }

  /** A client begins to watch, having consumed the outputs up to `from`; the caller asks the guest to send again. */
  attach(client: SessionClient, from: Positions): void {
    this.#stopGrace();
    this.#client = client;
    this.#foreground = true;
    this.#clientTold = false;
    this.#stdinOpen = false;
    this.#endsTold.clear();
    for (const channel of CHANNELS) {
      this.#sent[channel] = from[channel];
      this.#consumed[channel] = from[channel];
    }
  }

  /**
   * Where the client goes on with stdin, and how much it may send at once. Until it knows, it is granted nothing: what
   * it sent meanwhile would stand in the wrong place.
   */
  openStdin(): StdinState {
    const position = this.#process?.stdinReceived ?? 0;
    this.#stdinConsumed = Math.max(this.#stdinConsumed, position - WINDOW);
    this.#stdinOpen = true;
    return { position, credit: this.#stdinConsumed + WINDOW - position };
  }

  /** The client is gone: for good when it said so, else it is waited for. */
  detach(client: SessionClient, how: 'done' | 'lost'): void {
    if (this.#client !== client) return;
    this.#client = null;
    if (how === 'lost') this.awaitClient();
    else if (this.#clientTold) this.leave();
    else this.#abandon();
  }

  /** Gives the expected client its time to come back. */
  awaitClient(graceMs: number = CLIENT_GRACE_MS): void {
    this.#stopGrace();
    this.#graceTimer = setTimeout(() => this.#abandon(), graceMs);
  }

  /** No client is expected any more: the log alone, if any, decides what is acknowledged. */
  leave(): void {
    this.#stopGrace();
    this.#foreground = false;
    for (const channel of CHANNELS) this.#acknowledge(channel);
    if (this.#end) this.#resolveSettled();
  }

  consumed(channel: OutputChannel, position: number): void {
    this.#consumed[channel] = Math.min(Math.max(position, this.#consumed[channel]), this.#sent[channel]);
    this.#acknowledge(channel);
  }

  write(position: number, bytes: Uint8Array): void {
    this.#process?.write(position, bytes);
  }

  endStdin(position: number): void {
    this.#process?.endStdin(position);
  }

  async signal(name: string): Promise<void> {
    await this.#process?.signal(name);
  }

  async resize(size: TerminalSize): Promise<void> {
    await this.#process?.resize(size);
  }

  async reap(): Promise<void> {
    await this.#process?.reap();
  }

  /** The machine is gone under the program. */
  fail(error: ErrorBody): void {
    this.#finish({ error });
  }

  #output(channel: OutputChannel, offset: number, bytes: Buffer): void {
    if (!this.#sawByte) this.#options.stopwatch.mark('firstByte');
    this.#sawByte = true;
    this.#received[channel] = Math.max(this.#received[channel], offset + bytes.length);
    this.#record(channel, offset, bytes);
    this.#send(channel, offset, bytes);
    this.#acknowledge(channel);
  }

  #record(channel: OutputChannel, offset: number, bytes: Buffer): void {
    try {
      this.#log?.append(channel, offset, bytes, this.#options.now());
    } catch (error) {
      this.#log = null;
      this.#options.onLogLost(error as Error);
    }
  }

  #send(channel: OutputChannel, offset: number, bytes: Buffer): void {
    const fresh = bytes.subarray(Math.max(0, this.#sent[channel] - offset));
    if (!this.#client || fresh.length === 0) return;
    this.#sent[channel] = offset + bytes.length;
    this.#client.output(channel, fresh);
    this.#tellClient();
  }

  /** The earliest position of a channel that somebody still needs. */
  #needed(channel: OutputChannel, otherwise: number): number {
    const needs: number[] = [];
    if (this.#log) needs.push(this.#log.recorded(channel));
    if (this.#foreground) needs.push(this.#consumed[channel]);
    return needs.length > 0 ? Math.min(...needs) : otherwise;
  }

  #acknowledge(channel: OutputChannel): void {
    this.#process?.acknowledge(nameOf[channel], this.#needed(channel, this.#received[channel]));
  }

  #grantStdin(position: number): void {
    const bytes = position - this.#stdinConsumed;
    this.#stdinConsumed = position;
    if (bytes > 0 && this.#stdinOpen) this.#client?.grantStdin(bytes);
  }

  #finish(end: SessionEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#resolveEnded(end);
    this.#tellClient();
    if (!this.#foreground || 'error' in end) this.#resolveSettled();
  }

  /** Ends of channels once all before them is sent, and the exit once both have ended. */
  #tellClient(): void {
    const client = this.#client;
    if (!client || this.#clientTold) return;
    for (const channel of CHANNELS) {
      if (this.#ends[channel] !== this.#sent[channel] || this.#endsTold.has(channel)) continue;
      this.#endsTold.add(channel);
      client.end(channel);
    }
    if (!this.#end) return;
    if ('error' in this.#end) {
      this.#clientTold = true;
      client.fail(this.#end.error);
    } else if (this.#endsTold.size === CHANNELS.length) {
      this.#clientTold = true;
      client.exit(this.#end.exit, this.#options.stopwatch.timeline);
    }
  }

  #abandon(): void {
    this.#stopGrace();
    this.#options.onAbandoned(this);
  }

  #stopGrace(): void {
    if (this.#graceTimer) clearTimeout(this.#graceTimer);
    this.#graceTimer = null;
  }
}
