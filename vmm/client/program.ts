/**
 * A program's streams as a client sees them: output in order and once, stdin with back-pressure, across a service
 * that dies and is started again.
 */
import type { WebSocket } from 'ws';
import { MvmError } from '../contract/errors.ts';
import {
  type ClientControl,
  CONTROL,
  decodeFrame,
  encodeBytes,
  encodeControl,
  MAX_PAYLOAD,
  type OutputChannel,
  type ServiceControl,
  STDERR,
  STDIN,
  STDOUT,
  WINDOW,
} from '../contract/stream.ts';
import type { ProgramExit, TerminalSize, Timeline } from '../contract/types.ts';
import { fromBody } from './connect.ts';

export interface ProgramOptions {
  /** opens the stream that starts the program, and sends nothing yet; rejects when the start is given up */
  begin(signal: AbortSignal): Promise<WebSocket>;
  /** the message that starts it */
  first: ClientControl;
  /** opens the stream that goes on with it; null when there is nothing to come back to */
  resume: (() => Promise<WebSocket>) | null;
  /** resolves when the bytes are out; a rejection ends the program */
  output(channel: OutputChannel, bytes: Buffer): Promise<void>;
  onProgress?(message: ServiceControl & { type: 'progress' }): void;
  onStarted?(message: ServiceControl & { type: 'started' }): void;
}

export interface ProgramEnd {
  exit: ProgramExit;
  timeline: Timeline;
}

/** How a connection ended: with the program, for good without one (null), broken, or not knowing the session. */
type Followed = ProgramEnd | null | 'broken' | 'unknown';

/** Connections that may break in a row without a byte of progress between them. */
const MAX_BREAKS = 3;

export class Program {
  readonly #options: ProgramOptions;
  readonly #received: Record<OutputChannel, number> = { [STDOUT]: 0, [STDERR]: 0 };
  readonly #stdin = new Outbox();
  readonly #giveUp = new AbortController();
  #socket: WebSocket | null = null;
  #started = false;
  #breaks = 0;
  #writes: Promise<void> = Promise.resolve();
  #outputFailed: unknown = null;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  /** Resolves with the program's end; with null for a detached one once it runs, and for one that was given up. */
  async run(): Promise<ProgramEnd | null> {
    try {
      return await this.#run();
    } catch (error) {
      if (this.#giveUp.signal.aborted) return null;
      throw error;
    }
  }

  async #run(): Promise<ProgramEnd | null> {
    let socket = await this.#begin();
    for (;;) {
      const end = await this.#follow(socket);
      if (end === 'broken') socket = await this.#comeBack();
      else if (end === 'unknown') socket = await this.#begin();
      else return this.#finish(socket, end);
    }
  }

  async #finish(socket: WebSocket, end: ProgramEnd | null): Promise<ProgramEnd | null> {
    await this.#writes;
    socket.close(1000);
    if (this.#outputFailed) throw this.#outputFailed;
    return end;
  }

  get started(): boolean {
    return this.#started;
  }

  /** Resolves when more may be given: back-pressure for whoever reads stdin. */
  write(bytes: Uint8Array): Promise<void> {
    this.#stdin.add(bytes);
    this.#sendStdin();
    return this.#stdin.room();
  }

  endStdin(): void {
    this.#stdin.end();
    this.#sendStdin();
  }

  signal(signal: string): void {
    this.#control({ type: 'signal', signal });
  }

  resize(size: TerminalSize): void {
    this.#control({ type: 'resize', size });
  }

  /** Gives up: before the program runs, its start is undone. Who asks twice waits for no service's answer. */
  abort(): void {
    if (this.#giveUp.signal.aborted) this.#socket?.terminate();
    this.#giveUp.abort();
    this.#socket?.close(1000);
  }

  async #begin(): Promise<WebSocket> {
    const socket = await this.#options.begin(this.#giveUp.signal);
    this.#socket = socket;
    this.#control(this.#options.first);
    this.#grantWindows();
    return socket;
  }

  async #comeBack(): Promise<WebSocket> {
    this.#giveUp.signal.throwIfAborted();
    if (!this.#options.resume || ++this.#breaks > MAX_BREAKS) throw lost();
    const socket = await this.#options.resume();
    this.#socket = socket;
    this.#stdin.pause();
    this.#control({ type: 'resume', stdout: this.#received[STDOUT], stderr: this.#received[STDERR] });
    this.#grantWindows();
    return socket;
  }

  #grantWindows(): void {
    for (const channel of [STDOUT, STDERR] as const) this.#control({ type: 'credit', channel, bytes: WINDOW });
  }

  #follow(socket: WebSocket): Promise<Followed> {
    return new Promise((resolve, reject) => {
      socket.on('close', (code) => resolve(code === 1000 ? null : 'broken'));
      socket.on('message', (data: Buffer) => {
        const frame = decodeFrame<ServiceControl>(data);
        if (!frame) return reject(new MvmError('service.garbled', 'the service sent a frame that is none'));
        if (frame.channel === CONTROL) this.#take(frame.control, resolve, reject);
        else if (frame.channel !== STDIN && frame.bytes.length > 0)
          this.#output(socket, frame.channel, data.subarray(1));
      });
    });
  }

  #take(message: ServiceControl, resolve: (end: Followed) => void, reject: (error: unknown) => void): void {
    switch (message.type) {
      case 'progress':
        this.#options.onProgress?.(message);
        break;
      case 'started':
        this.#started = true;
        this.#options.onStarted?.(message);
        break;
      case 'resumed':
        this.#breaks = 0;
        this.#stdin.rewind(message.stdin);
        break;
      case 'credit':
        this.#stdin.grant(message.bytes);
        this.#sendStdin();
        break;
      case 'imported':
        reject(new MvmError('service.garbled', 'the service told of an image where a program was asked for'));
        break;
      case 'exit':
        resolve({ exit: message.exit, timeline: message.timeline });
        break;
      case 'error':
        // The service died before anything began, so the request is made once more.
        if (message.error.code === 'session.not-found' && !this.#started) resolve('unknown');
        else reject(fromBody(message.error));
        break;
      default:
        message satisfies never;
    }
  }

  #output(socket: WebSocket, channel: OutputChannel, bytes: Buffer): void {
    this.#breaks = 0;
    this.#received[channel] += bytes.length;
    this.#writes = this.#writes
      .then(() => this.#options.output(channel, bytes))
      .then(
        () => socket === this.#socket && this.#control({ type: 'credit', channel, bytes: bytes.length }),
        (error: unknown) => this.#endBecause(error),
      )
      .then(() => undefined);
  }

  /** Nobody reads the output any more. */
  #endBecause(error: unknown): void {
    if (this.#outputFailed) return;
    this.#outputFailed = error;
    this.signal('SIGKILL');
  }

  #sendStdin(): void {
    const socket = this.#socket;
    if (!socket || socket.readyState !== socket.OPEN) return;
    for (const chunk of this.#stdin.take()) socket.send(encodeBytes(STDIN, chunk));
  }

  #control(message: ClientControl): void {
    const socket = this.#socket;
    if (socket && socket.readyState === socket.OPEN) socket.send(encodeControl(message));
  }
}

function lost(): MvmError {
  return new MvmError('service.lost', 'the connection to the mvm service was lost', {
    hint: 'mvm ps says what still runs.',
  });
}

/** Bytes on their way to the guest, kept until it has taken them. */
class Outbox {
  /** bytes from `#base` on */
  #kept: Uint8Array[] = [];
  #base = 0;
  #sent = 0;
  #granted = 0;
  #length = 0;
  #ended = false;
  #endSent = false;
  #waiting: (() => void)[] = [];

  add(bytes: Uint8Array): void {
    this.#kept.push(bytes);
    this.#length += bytes.length;
  }

  end(): void {
    this.#ended = true;
  }

  /** Resolves once less than a window is kept. */
  room(): Promise<void> {
    if (this.#length - this.#base < WINDOW) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  grant(bytes: number): void {
    this.#granted += bytes;
    this.#forget(this.#granted - WINDOW);
  }

  /** Until the guest said where it is, nothing may be sent. */
  pause(): void {
    this.#granted = this.#sent;
  }

  /** The guest has everything before `position`. */
  rewind(position: number): void {
    this.#forget(position);
    this.#sent = position;
    this.#granted = position;
    this.#endSent = false;
  }

  /** What may be sent now; an empty chunk is the end. */
  take(): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    while (this.#sent < Math.min(this.#granted, this.#length)) chunks.push(this.#next());
    if (this.#ended && !this.#endSent && this.#sent === this.#length && this.#granted > 0) {
      this.#endSent = true;
      chunks.push(new Uint8Array(0));
    }
    return chunks;
  }

  #next(): Uint8Array {
    let skip = this.#sent - this.#base;
    for (const chunk of this.#kept) {
      if (skip < chunk.length) {
        const part = chunk.subarray(skip, skip + Math.min(MAX_PAYLOAD, this.#granted - this.#sent));
        this.#sent += part.length;
        return part;
      }
      skip -= chunk.length;
    }
    throw new Error('the outbox holds less than it says');
  }

  #forget(position: number): void {
    for (let first = this.#kept[0]; first && this.#base + first.length <= position; first = this.#kept[0]) {
      this.#base += first.length;
      this.#kept.shift();
    }
    if (this.#length - this.#base >= WINDOW) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
