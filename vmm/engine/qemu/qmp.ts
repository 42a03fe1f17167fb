/** QEMU's control channel: JSON lines, commands answered by id, events in between. */
import type { Socket } from 'node:net';
import { MvmError } from '../../contract/errors.ts';
import { escapeControls } from './escape.ts';
import { LineReader } from './lines.ts';
import { openSocket } from './socket.ts';

/** Longest line taken from QEMU, 1 MiB: its longest answers are of some 100 KiB. */
const MAX_LINE = 1024 * 1024;
const COMMAND_MS = 10_000;

export interface QmpEvent {
  name: string;
  data: Record<string, unknown>;
}

export interface QmpOptions {
  /** until the greeting is answered */
  deadlineMs: number;
  /** the socket may not be there yet */
  awaitSocket?: boolean;
  signal?: AbortSignal;
  onEvent?(event: QmpEvent): void;
}

/** Resolves when QEMU takes commands. */
export async function connectQmp(path: string, options: QmpOptions): Promise<Qmp> {
  const deadline = AbortSignal.timeout(options.deadlineMs);
  const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
  const qmp = new Qmp(await reach(path, signal, options.awaitSocket ?? false), options.onEvent);
  try {
    await qmp.greet(signal);
    return qmp;
  } catch (error) {
    qmp.close();
    throw error;
  }
}

async function reach(path: string, signal: AbortSignal, awaited: boolean): Promise<Socket> {
  try {
    return await openSocket(path, signal, awaited);
  } catch (error) {
    throw signal.aborted ? stopped(signal) : broken(`cannot be reached: ${(error as Error).message}`, error);
  }
}

export class Qmp {
  readonly #socket: Socket;
  readonly #onEvent: ((event: QmpEvent) => void) | undefined;
  readonly #waiting = new Map<number, Answer>();
  #greeted: (() => void) | null = null;
  #nextId = 0;
  #failure: MvmError | null = null;
  /** resolves when the connection is gone, from either side */
  readonly closed: Promise<void>;

  constructor(socket: Socket, onEvent?: (event: QmpEvent) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    const lines = new LineReader(MAX_LINE, (line) => this.#take(line));
    socket.on('data', (bytes) => {
      if (!lines.push(bytes)) this.#fail(`sent a line of more than ${MAX_LINE} bytes`);
    });
    // `close` follows, and tells those who wait.
    socket.on('error', (error) => this.#fail(error.message));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(this.#fail('closed the connection'))));
  }

  /** Waits for QEMU's greeting and leaves the negotiation that follows it. */
  async greet(signal: AbortSignal): Promise<void> {
    const greeting = new Promise<void>((resolve) => {
      this.#greeted = resolve;
    });
    await Promise.race([greeting, this.closed, aborted(signal)]);
    if (this.#failure) throw this.#failure;
    await Promise.race([this.execute('qmp_capabilities'), aborted(signal)]);
  }

  /** @throws MvmError `engine.qmp` */
  execute(command: string, input: object = {}, deadlineMs = COMMAND_MS): Promise<unknown> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const tooLate = () => this.#answer(id)?.reject(broken(`did not answer ${command} within ${deadlineMs} ms`));
      this.#waiting.set(id, { command, resolve, reject, timer: setTimeout(tooLate, deadlineMs) });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: input, id })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(line: string): void {
    const message = parseObject(line);
    if (!message) this.#fail(`sent what is no message: ${escapeControls(line.slice(0, 80))}`);
    else if ('QMP' in message) this.#greeted?.();
    else if (typeof message.event === 'string')
      this.#onEvent?.({ name: message.event, data: (message.data ?? {}) as Record<string, unknown> });
    else if (typeof message.id === 'number') this.#settle(message.id, message);
    else if ('error' in message) this.#fail(describe(message.error));
  }

  #settle(id: number, message: Record<string, unknown>): void {
    const answer = this.#answer(id);
    if (!answer) return;
    if ('error' in message) answer.reject(broken(`refused ${answer.command}: ${describe(message.error)}`));
    else answer.resolve(message.return);
  }

  #answer(id: number): Answer | undefined {
    const answer = this.#waiting.get(id);
    clearTimeout(answer?.timer);
    this.#waiting.delete(id);
    return answer;
  }

  /** The first reason counts; everyone who waits learns it. */
  #fail(reason: string): void {
    this.#failure ??= broken(reason);
    for (const id of [...this.#waiting.keys()]) this.#answer(id)?.reject(this.#failure);
    this.#socket.destroy();
  }
}

interface Answer {
  command: string;
  resolve(value: unknown): void;
  reject(error: MvmError): void;
  timer: NodeJS.Timeout;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(stopped(signal));
    signal.addEventListener('abort', () => reject(stopped(signal)), { once: true });
  });
}

const stopped = (signal: AbortSignal): unknown =>
  signal.reason?.name === 'TimeoutError' ? new MvmError('engine.silent', 'QEMU did not answer in time') : signal.reason;

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    // The caller reports the line.
    return null;
  }
}

function describe(error: unknown): string {
  const text = (error as { desc?: unknown } | null)?.desc;
  return escapeControls(typeof text === 'string' ? text : 'no reason given');
}

const broken = (what: string, cause?: unknown): MvmError =>
  new MvmError('engine.qmp', `QEMU's control channel ${what}`, cause === undefined ? {} : { cause });
