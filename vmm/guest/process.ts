/** One program in a guest: its three streams, in order whatever gets lost on the way, and its end. */
import type { TerminalSize } from '../contract/types.ts';
import { type Frame, streamOf } from './frames.ts';
import { Input } from './input.ts';
import type { GuestChannel, GuestExit } from './messages.ts';
import type { Outbox } from './outbox.ts';
import { Output } from './output.ts';

/** Where a program's output goes. Calls come in order, after `exec` resolved. */
export interface ProcessSink {
  /** each byte once, unless the program is adopted again from an earlier position */
  output(channel: GuestChannel, position: number, bytes: Buffer): void;
  end(channel: GuestChannel, position: number): void;
  /** stdin was taken up to here: so much more may be written */
  stdinConsumed(position: number): void;
  /** after both ends */
  exit(exit: GuestExit): void;
}

/** A program as it is when this connection meets it. */
export interface ProcessStart {
  id: string;
  pid: number;
  number: number;
  /** positions from which its streams go on */
  from: { stdin: number } & Record<GuestChannel, number>;
}

export type Request = (op: string, fields: object) => Promise<unknown>;

export class GuestProcess {
  readonly id: string;
  readonly pid: number;
  readonly #request: Request;
  readonly #stdin: Input;
  readonly #outputs: Record<GuestChannel, Output>;
  #sink: ProcessSink;
  #exit: GuestExit | null = null;
  /** its end was told: an agent that says it again has nothing new */
  #over = false;

  constructor({ id, pid, number, from }: ProcessStart, sink: ProcessSink, outbox: Outbox, request: Request) {
    this.id = id;
    this.pid = pid;
    this.#sink = sink;
    this.#request = request;
    this.#stdin = new Input(streamOf(number, 'stdin'), from.stdin, outbox);
    const output = (channel: GuestChannel) =>
      new Output(streamOf(number, channel), from[channel], outbox, {
        output: (position, bytes) => this.#sink.output(channel, position, bytes),
        end: (position) => this.#sink.end(channel, position),
      });
    this.#outputs = { stdout: output('stdout'), stderr: output('stderr') };
  }

  /** Position up to which stdin is with the agent: where a client that came back goes on. */
  get stdinReceived(): number {
    return this.#stdin.written;
  }

  /** Asks for the outputs once more, from positions that were not acknowledged. */
  resume(from: Record<GuestChannel, number>, sink: ProcessSink): void {
    this.#sink = sink;
    this.#over = false;
    this.#outputs.stdout.resume(from.stdout);
    this.#outputs.stderr.resume(from.stderr);
  }

  /** The caller keeps within `WINDOW` of what is consumed. */
  write(position: number, bytes: Uint8Array): void {
    this.#stdin.write(position, bytes);
  }

  endStdin(position: number): void {
    this.#stdin.end(position);
  }

  /** Consumed and recorded up to here: the agent may forget it. */
  acknowledge(channel: GuestChannel, position: number): void {
    this.#outputs[channel].acknowledge(position);
  }

  async signal(name: string): Promise<void> {
    await this.#request('signal', { session: this.id, signal: name });
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    await this.#request('resize', { session: this.id, size: { columns, rows } });
  }

  /** Lets the agent forget the program after its exit. */
  async reap(): Promise<void> {
    await this.#request('reap', { session: this.id });
  }

  receive(frame: Exclude<Frame, { kind: 'control' }>): void {
    if (frame.channel === 'stdin') {
      if (frame.kind === 'credit' && this.#stdin.consumed(frame.position)) this.#sink.stdinConsumed(frame.position);
      if (frame.kind === 'resume') this.#stdin.sendAgain(frame.position);
      return;
    }
    if (frame.kind === 'data') this.#outputs[frame.channel].receive(frame.position, frame.bytes);
    if (frame.kind === 'end') this.#outputs[frame.channel].receiveEnd(frame.position);
    this.#tellExit();
  }

  exited(exit: GuestExit): void {
    this.#exit = exit;
    this.#tellExit();
  }

  /** The exit may overtake outputs that must be sent again. */
  #tellExit(): void {
    if (this.#over || !this.#exit || !this.#outputs.stdout.ended || !this.#outputs.stderr.ended) return;
    this.#over = true;
    this.#sink.exit(this.#exit);
  }
}
