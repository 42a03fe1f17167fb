import type { Bridge, OpenStream } from '../../vmm/contract/bridge.ts';
import type { InputOf, StreamName } from '../../vmm/contract/operations.ts';
import { Outbox } from '../../vmm/contract/outbox.ts';
import {
  type ClientControl,
  encodeBytes,
  encodeControl,
  type OutputChannel,
  type ServiceControl,
  STDERR,
  STDIN,
  STDOUT,
} from '../../vmm/contract/stream.ts';
import type { ErrorBody, ProgramExit, TerminalSize } from '../../vmm/contract/types.ts';
import { readOutput } from './output-stream.ts';

export interface Positions {
  stdout: number;
  stderr: number;
}

export type Opening = {
  [Name in StreamName]: { name: Name; input: InputOf<Name>; first: ClientControl };
}[StreamName];

export interface LinkOptions {
  /** how the stream is opened: at first, and again after `received` */
  opening(received: Positions | null): Opening;
  output(channel: OutputChannel, bytes: Uint8Array, taken: () => void): void;
  control?(message: ServiceControl): void;
  /** the connection broke; `connect` takes it up again */
  broke(): void;
  ended(end: ProgramExit | ErrorBody | null): void;
}

/** A program's streams as a window has them: each byte of output once, and what was typed, across broken connections. */
export class ProgramLink {
  readonly #bridge: Bridge;
  readonly #options: LinkOptions;
  readonly #stdin = new Outbox();
  readonly #received: Record<OutputChannel, number> = { [STDOUT]: 0, [STDERR]: 0 };
  #stream: OpenStream | null = null;
  #begun = false;
  #isOver = false;
  #size: TerminalSize | null = null;

  constructor(bridge: Bridge, options: LinkOptions) {
    this.#bridge = bridge;
    this.#options = options;
  }

  connect(): void {
    if (this.#isOver || this.#stream) return;
    const received = { stdout: this.#received[STDOUT], stderr: this.#received[STDERR] };
    const { name, input, first } = this.#options.opening(this.#begun ? received : null);
    this.#stdin.pause();
    const stream: OpenStream = readOutput(this.#bridge, name, input, first, {
      control: (message) => this.#stream === stream && this.#take(message),
      bytes: (channel, bytes, taken) => {
        if (this.#stream !== stream) return;
        this.#received[channel] += bytes.length;
        this.#options.output(channel, bytes, taken);
      },
      closed: (error) => this.#stream === stream && this.#closed(error),
    });
    this.#stream = stream;
  }

  write(bytes: Uint8Array): void {
    this.#stdin.add(bytes);
    this.#sendStdin();
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    if (this.#begun) this.#say({ type: 'resize', size });
  }

  signal(signal: string): void {
    this.#say({ type: 'signal', signal });
  }

  /** Leaves the program to itself. */
  close(): void {
    this.#isOver = true;
    this.#stream?.close();
    this.#stream = null;
  }

  #take(message: ServiceControl): void {
    switch (message.type) {
      case 'attached':
        if (!this.#begun) {
          this.#received[STDOUT] = message.stdout;
          this.#received[STDERR] = message.stderr;
        }
        if (message.stdin !== null) this.#stdin.rewind(message.stdin);
        this.#begin();
        break;
      case 'resumed':
        this.#stdin.rewind(message.stdin);
        this.#begin();
        break;
      case 'started':
        this.#begin();
        break;
      case 'skipped':
        this.#received[message.channel] += message.bytes;
        break;
      case 'credit':
        this.#stdin.grant(message.bytes, message.position);
        this.#sendStdin();
        break;
      case 'exit':
        this.#options.control?.(message);
        this.close();
        this.#options.ended(message.exit);
        return;
      case 'progress':
      case 'recording':
      case 'written':
      case 'detached':
      case 'imported':
      case 'error':
        break;
      default:
        message satisfies never;
    }
    this.#options.control?.(message);
  }

  #begin(): void {
    this.#begun = true;
    if (this.#size) this.#say({ type: 'resize', size: this.#size });
  }

  #closed(error: ErrorBody | null): void {
    this.#stream = null;
    if (error !== null && LOST.has(error.code)) this.#options.broke();
    else {
      this.#isOver = true;
      this.#options.ended(error);
    }
  }

  #sendStdin(): void {
    if (!this.#stream || !this.#begun) return;
    for (const chunk of this.#stdin.take()) this.#stream.send(encodeBytes(STDIN, chunk));
  }

  #say(message: ClientControl): void {
    this.#stream?.send(encodeControl(message));
  }
}

/** Codes that tell of a connection, and not of the program. */
const LOST = new Set(['service.absent', 'service.lost', 'service.silent']);
