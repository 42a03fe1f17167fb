/**
 * A program's streams as a client sees them: output in order and once, stdin with back-pressure, across a service
 * that dies and is started again.
 */
import type { WebSocket } from 'ws';
import { MvmError } from '../contract/errors.ts';
import { Outbox } from '../contract/outbox.ts';
import {
  type Attached,
  type ClientControl,
  CONTROL,
  decodeFrame,
  encodeBytes,
  encodeControl,
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
  /** it is somebody else's: it goes on when nobody reads this output any more */
  watching?: boolean;
  /** the message that goes on with it, `resume` unless it is said: positions are what came so far */
  goOn?(received: { stdout: number; stderr: number }): ClientControl;
  /** resolves when the bytes are out; a rejection ends the program */
  output(channel: OutputChannel, bytes: Buffer): Promise<void>;
  onProgress?(message: ServiceControl & { type: 'progress' }): void;
  /** it runs; for who attached, too, and once */
  onStarted?(message: Started | Attached): void;
  /** so many bytes of its output are not kept any more */
  onSkipped?(bytes: number): void;
}

type Started = Extract<ServiceControl, { type: 'started' | 'resumed' }>;

export interface ProgramEnd {
  exit: ProgramExit;
  timeline: Timeline;
}

/** How it ended for this client: with the program, by detaching, or for good without one (null). */
export type Ending = ProgramEnd | 'detached' | null;

/** How a connection ended: for good, broken, or not knowing the session. */
type Followed = Ending | 'broken' | 'unknown';

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
  #detaching = false;
  /** signals and the latest size that no service has heard */
  #unsaid: ClientControl[] = [];
  #writes: Promise<void> = Promise.resolve();
  #outputFailed: unknown = null;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  /** Resolves with the program's end; with null for a detached one once it runs, and for one that was given up. */
  async run(): Promise<Ending> {
    try {
      return await this.#run();
    } catch (error) {
      if (this.#giveUp.signal.aborted) return null;
      throw error;
    }
  }

  async #run(): Promise<Ending> {
    let socket = await this.#begin();
    for (;;) {
      const end = await this.#follow(socket);
      // Nobody watches a detached one: it is asked for once more, by its id.
      if (end === 'broken' && this.#isDetached) socket = await this.#askAgain();
      else if (end === 'broken') socket = await this.#comeBack();
      else if (end === 'unknown') socket = await this.#begin();
      else return this.#finish(socket, end);
    }
  }

  async #finish(socket: WebSocket, end: Ending): Promise<Ending> {
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
    this.#say({ type: 'signal', signal });
  }

  resize(size: TerminalSize): void {
    this.#say({ type: 'resize', size });
  }

  /** Leaves the program running; `run` resolves with 'detached' once the service knows. */
  detach(): void {
    this.#detaching = true;
    this.#control({ type: 'detach' });
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

  get #isDetached(): boolean {
    const { first } = this.#options;
    return 'request' in first && 'detach' in first.request && first.request.detach;
  }

  #askAgain(): Promise<WebSocket> {
    this.#giveUp.signal.throwIfAborted();
    if (!this.#options.resume || ++this.#breaks > MAX_BREAKS) throw lost();
    return this.#begin();
  }

  async #comeBack(): Promise<WebSocket> {
    this.#giveUp.signal.throwIfAborted();
    if (!this.#options.resume || ++this.#breaks > MAX_BREAKS) throw lost();
    const socket = await this.#options.resume();
    this.#socket = socket;
    this.#stdin.pause();
    const received = { stdout: this.#received[STDOUT], stderr: this.#received[STDERR] };
    this.#control(this.#options.goOn?.(received) ?? { type: 'resume', ...received });
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
        if (frame.channel === CONTROL) {
          try {
            this.#take(frame.control, resolve, reject);
          } catch (error) {
            // What was asked for cannot be done from here; the program is not ours to end.
            socket.close(1000);
            reject(error);
          }
        } else if (frame.channel !== STDIN && frame.bytes.length > 0)
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
        this.#begun(message);
        break;
      case 'resumed':
        this.#stdin.rewind(message.stdin);
        this.#begun(message);
        break;
      case 'attached':
        if (!this.#started) this.#received[STDOUT] = message.stdout;
        if (!this.#started) this.#received[STDERR] = message.stderr;
        if (message.stdin !== null) this.#stdin.rewind(message.stdin);
        this.#begun(message);
        break;
      case 'skipped':
        this.#received[message.channel] += message.bytes;
        this.#options.onSkipped?.(message.bytes);
        break;
      case 'credit':
        this.#stdin.grant(message.bytes, message.position);
        this.#sendStdin();
        break;
      case 'detached':
        resolve('detached');
        break;
      case 'imported':
      case 'recording':
      case 'written':
        reject(new MvmError('service.garbled', `the service said '${message.type}' where a program was asked for`));
        break;
      case 'exit':
        resolve({ exit: message.exit, timeline: message.timeline });
        break;
      case 'error':
        // The service died before anything began, so the request is made once more.
        if (message.error.code === 'session.not-found' && !this.#started && !this.#options.watching) resolve('unknown');
        else reject(fromBody(message.error));
        break;
      default:
        message satisfies never;
    }
  }

  #begun(message: Started | Attached): void {
    this.#breaks = 0;
    if (!this.#started) this.#options.onStarted?.(message);
    this.#started = true;
    for (const unsaid of this.#unsaid.splice(0)) this.#control(unsaid);
    // It was to run by itself, and the service that began it died before it said so.
    if (message.type === 'resumed' && this.#startsDetached) this.#detaching = true;
    if (this.#detaching) this.#control({ type: 'detach' });
  }

  get #startsDetached(): boolean {
    const { first } = this.#options;
    return (first.type === 'run' || first.type === 'exec') && first.request.detach;
  }

  #output(socket: WebSocket, channel: OutputChannel, bytes: Buffer): void {
    this.#breaks = 0;
    this.#received[channel] += bytes.length;
    this.#writes = this.#writes
      .then(() => this.#options.output(channel, bytes))
      .catch((error: unknown) => this.#endBecause(error))
      .then(() => {
        // What nobody reads is taken all the same: the program's end comes after it.
        if (socket === this.#socket) this.#control({ type: 'credit', channel, bytes: bytes.length });
      });
  }

  /** Nobody reads the output any more. */
  #endBecause(error: unknown): void {
    if (this.#outputFailed) return;
    this.#outputFailed = error;
    if (this.#options.watching) this.#socket?.close(1000);
    else this.signal('SIGKILL');
  }

  #sendStdin(): void {
    const socket = this.#socket;
    if (!socket || socket.readyState !== socket.OPEN) return;
    for (const chunk of this.#stdin.take()) socket.send(encodeBytes(STDIN, chunk));
  }

  #say(message: Extract<ClientControl, { type: 'signal' | 'resize' }>): void {
    if (this.#socket?.readyState === this.#socket?.OPEN) this.#control(message);
    else {
      if (message.type === 'resize') this.#unsaid = this.#unsaid.filter(({ type }) => type !== 'resize');
      this.#unsaid.push(message);
    }
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
