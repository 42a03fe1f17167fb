/** A program in the guest: its streams by position, its signals, its end. */
import { MAX_PAYLOAD, WINDOW } from '../contract/stream.ts';
import type { TerminalSize } from '../contract/types.ts';
import { type AgentFrame, encodePosition, FrameKind, positionOf } from './frames.ts';
import type { GuestExit, GuestProcessState } from './messages.ts';

export type OutputName = 'stdout' | 'stderr';

/** What the guest says of a program. Outputs come in order, each byte once for each time they are asked for. */
export interface ProcessSink {
  output(channel: OutputName, position: number, bytes: Buffer): void;
  end(channel: OutputName, position: number): void;
  /** the program's side has taken stdin up to here */
  stdinConsumed(position: number): void;
  /** after both ends */
  exit(exit: GuestExit): void;
}

/** A stream's number is its program's times four and one of these. */
const CHANNELS = { stdin: 1, stdout: 2, stderr: 3 } as const;
const NAMES: Record<number, OutputName> = { 2: 'stdout', 3: 'stderr' };

export const programOf = (stream: number): number => stream >>> 2;

/** What is acknowledged in smaller steps costs more frames than it frees room. */
const CREDIT_STEP = WINDOW / 4;

export interface ProcessPort {
  send(frame: Buffer): void;
  request(op: string, fields: object): Promise<unknown>;
}

export class GuestProcess {
  readonly id: string;
  readonly pid: number;
  readonly #number: number;
  readonly #port: ProcessPort;
  #sink: ProcessSink;
  #stdinReceived: number;
  /** where the next output frame begins, null until the guest was asked from where to go on */
  readonly #next: Record<OutputName, number | null>;
  readonly #credited: Record<OutputName, number> = { stdout: 0, stderr: 0 };

  constructor(port: ProcessPort, state: GuestProcessState, sink: ProcessSink, fresh: boolean) {
    this.#port = port;
    this.id = state.id;
    this.pid = state.pid;
    this.#number = state.number;
    this.#sink = sink;
    this.#stdinReceived = state.stdin?.received ?? 0;
    this.#next = fresh ? { stdout: 0, stderr: 0 } : { stdout: null, stderr: null };
  }

  /** Position up to which stdin is on its way to the program: where a client goes on that came back. */
  get stdinReceived(): number {
    return this.#stdinReceived;
  }

  /** Asks for the outputs again from these positions. */
  resume(from: Record<OutputName, number>, sink: ProcessSink): void {
    this.#sink = sink;
    for (const name of ['stdout', 'stderr'] as const) {
      this.#next[name] = from[name];
      this.#credited[name] = from[name];
      this.#send(FrameKind.resume, name, from[name]);
    }
  }

  /** The caller keeps within what was consumed plus the window. */
  write(position: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += MAX_PAYLOAD)
      this.#send(FrameKind.data, 'stdin', position + at, bytes.subarray(at, at + MAX_PAYLOAD));
    this.#stdinReceived = Math.max(this.#stdinReceived, position + bytes.length);
  }

  endStdin(position: number): void {
    this.#send(FrameKind.end, 'stdin', position);
  }

  /** Consumed and recorded up to here: the guest may forget it. */
  acknowledge(channel: OutputName, position: number): void {
    const news = position - this.#credited[channel];
    if (news <= 0 || (news < CREDIT_STEP && position < (this.#next[channel] ?? 0))) return;
    this.#credited[channel] = position;
    this.#send(FrameKind.credit, channel, position);
  }

  async signal(signal: string): Promise<void> {
    await this.#port.request('signal', { session: this.id, signal });
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    await this.#port.request('resize', { session: this.id, size: { columns, rows } });
  }

  /** The guest may forget the program: everything of it has been taken. */
  async reap(): Promise<void> {
    await this.#port.request('reap', { session: this.id });
  }

  receive(frame: AgentFrame): void {
    const position = positionOf(frame);
    const channel = frame.stream & 3;
    if (position === null) return;
    if (channel === CHANNELS.stdin) {
      if (frame.kind === FrameKind.credit) this.#sink.stdinConsumed(position);
      return;
    }
    const name = NAMES[channel];
    if (!name || this.#next[name] === null) return;
    if (frame.kind === FrameKind.data) this.#output(name, position, frame.payload.subarray(8));
    else if (frame.kind === FrameKind.end && position === this.#next[name]) this.#sink.end(name, position);
  }

  exited(exit: GuestExit): void {
    this.#sink.exit(exit);
  }

  /** A gap cannot be: the port keeps order, and a guest that makes one up is asked to go on where it was. */
  #output(name: OutputName, position: number, bytes: Buffer): void {
    const expected = this.#next[name] ?? 0;
    if (position > expected) return this.#send(FrameKind.resume, name, expected);
    const fresh = bytes.subarray(expected - position);
    if (fresh.length === 0) return;
    this.#next[name] = expected + fresh.length;
    this.#sink.output(name, expected, fresh);
  }

  #send(kind: FrameKind, channel: keyof typeof CHANNELS, position: number, bytes?: Uint8Array): void {
    const stream = this.#number * 4 + CHANNELS[channel];
    this.#port.send(encodePosition(kind, stream, position, bytes));
  }
}
