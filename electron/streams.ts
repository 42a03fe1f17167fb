/**
 * The streams of the windows: frames pass between page and service as they are, with the credit that both ends give
 * each other. What the page has not taken yet is bounded here as well, for not every stream has credit.
 */
import type { WebContents } from 'electron';
import type { WebSocket } from 'ws';
import type { ServiceOptions } from '../vmm/client/connect.ts';
import { openStream } from '../vmm/client/stream.ts';
import { MvmError, toBody } from '../vmm/contract/errors.ts';
import type { StreamName } from '../vmm/contract/operations.ts';
import { CONTROL, decodeFrame, MAX_CONTROL, type ServiceControl } from '../vmm/contract/stream.ts';
import type { ErrorBody } from '../vmm/contract/types.ts';
import { HEAR, type StreamNews } from './channels.ts';

/** Streams a window may hold; each terminal, run and watch is one. */
const MOST_STREAMS = 256;

/** Beyond this many characters or bytes that the page has not taken, the service's end is not read. */
const MOST_UNTAKEN = 1024 * 1024;

/** What a page may send before the service answered: a request and what stdin's credit allows. */
const MOST_EARLY = 2 * MAX_CONTROL;

export class Streams {
  readonly #service: ServiceOptions;
  readonly #page: Pick<WebContents, 'send' | 'isDestroyed'>;
  readonly #open = new Map<number, Connection>();

  constructor(service: ServiceOptions, page: Pick<WebContents, 'send' | 'isDestroyed'>) {
    this.#service = service;
    this.#page = page;
  }

  open(id: number, name: StreamName, input: Record<string, unknown>): void {
    if (this.#open.has(id)) throw new MvmError('bridge.invalid', `stream ${id} is open already`);
    if (this.#open.size >= MOST_STREAMS) throw new MvmError('bridge.too-many', 'this window has too many streams open');
    const tell = (news: StreamNews): void => {
      if (news.type === 'closed') this.#open.delete(id);
      if (!this.#page.isDestroyed()) this.#page.send(HEAR.stream, id, news);
    };
    const connect = (signal: AbortSignal) => openStream(this.#service, name, input as never, signal);
    this.#open.set(id, new Connection(name, connect, tell));
  }

  /** The page may send to a stream whose end is on its way to it. */
  send(id: number, frame: Uint8Array): void {
    this.#open.get(id)?.send(frame);
  }

  taken(id: number, length: number): void {
    this.#open.get(id)?.taken(length);
  }

  close(id: number): void {
    this.#open.get(id)?.close();
  }

  /** The window is gone, or shows its page anew: who is cut off may come back to a program for a while. */
  end(how: 'leave' | 'cut off'): void {
    for (const connection of this.#open.values()) how === 'leave' ? connection.close() : connection.cutOff();
    this.#open.clear();
  }

  /** Programs that end with their client when this window is gone. */
  get programs(): number {
    return [...this.#open.values()].filter(({ name }) => name === 'run').length;
  }
}

class Connection {
  readonly name: StreamName;
  readonly #tell: (news: StreamNews) => void;
  readonly #leaving = new AbortController();
  #early: Uint8Array[] = [];
  #earlySize = 0;
  #socket: WebSocket | null = null;
  #untaken = 0;
  #error: ErrorBody | null = null;
  #over = false;

  constructor(
    name: StreamName,
    connect: (signal: AbortSignal) => Promise<WebSocket>,
    tell: (news: StreamNews) => void,
  ) {
    this.name = name;
    this.#tell = tell;
    connect(this.#leaving.signal).then(
      (socket) => this.#use(socket),
      (error: unknown) => this.#finish(1006, toBody(error)),
    );
  }

  send(frame: Uint8Array): void {
    if (this.#socket) {
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame);
      return;
    }
    this.#earlySize += frame.length;
    if (this.#earlySize > MOST_EARLY) this.cutOff();
    else this.#early.push(frame);
  }

  taken(length: number): void {
    this.#untaken = Math.max(0, this.#untaken - length);
    if (this.#untaken <= MOST_UNTAKEN / 2 && this.#socket?.isPaused) this.#socket.resume();
  }

  close(): void {
    this.#leaving.abort();
    this.#socket?.resume();
    this.#socket?.close(1000);
  }

  cutOff(): void {
    this.#leaving.abort();
    this.#socket?.terminate();
  }

  #use(socket: WebSocket): void {
    this.#socket = socket;
    if (this.#leaving.signal.aborted) socket.close(1000);
    socket.on('message', (data: Buffer, isBinary) => this.#receive(socket, data, isBinary));
    socket.on('close', (code) => this.#finish(code, this.#error));
    for (const frame of this.#early.splice(0)) socket.send(frame);
  }

  #receive(socket: WebSocket, data: Buffer, isBinary: boolean): void {
    if (isBinary && data[0] === CONTROL) this.#note(data);
    const message = isBinary ? new Uint8Array(data) : data.toString('utf8');
    this.#untaken += message.length;
    if (this.#untaken > MOST_UNTAKEN) socket.pause();
    this.#tell({ type: 'message', data: message });
  }

  /** The page sees it as well; here it becomes the reason of the end. */
  #note(data: Uint8Array): void {
    const frame = decodeFrame<ServiceControl>(data);
    if (frame?.channel === CONTROL && frame.control.type === 'error') this.#error = frame.control.error;
  }

  #finish(code: number, error: ErrorBody | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#tell({ type: 'closed', code, error });
  }
}
