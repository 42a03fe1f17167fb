/** A conversation with a guest's agent over the machine's socket. */
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { MvmError } from '../contract/errors.ts';
import { type AgentFrame, encodeControl, FrameDecoder, FrameKind } from './frames.ts';
import {
  type Become,
  count,
  type Guest,
  type GuestExec,
  type GuestProcessState,
  type Message,
  PROTOCOL,
  parseMessage,
  readError,
  readExit,
  readGuest,
  text,
} from './messages.ts';
import { GuestProcess, type ProcessSink, programOf } from './process.ts';

export interface ConnectOptions {
  /** for the agent's first answer, ms */
  deadlineMs: number;
  signal?: AbortSignal;
}

/** The longest an answer may take, ms: mounting a disk on a busy host is slow. */
const ANSWER_MS = 60_000;
const RETRY_MS = 5;

/** @throws MvmError `agent.silent` at the deadline, `agent.gone` when the socket closes before an answer */
export async function connectAgent(path: string, { deadlineMs, signal }: ConnectOptions): Promise<AgentSession> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const either = signal ? AbortSignal.any([deadline, signal]) : deadline;
  try {
    const socket = await open(path, either);
    return await AgentSession.begin(socket, either);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (deadline.aborted)
      throw new MvmError('agent.silent', `the guest's agent did not answer within ${deadlineMs / 1000} s`, {
        cause: error,
      });
    throw error;
  }
}

/** The engine makes the socket as it starts. */
async function open(path: string, signal: AbortSignal): Promise<Socket> {
  for (;;) {
    try {
      return await openOnce(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
      await pause(RETRY_MS, undefined, { signal });
    }
  }
}

function openOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

interface Waiting {
  /** runs before the next frame is read, so that streams named in an answer are known when their bytes come */
  take(message: Message): void;
  reject(error: unknown): void;
}

export class AgentSession {
  readonly guest: Guest;
  /** resolves when nothing more can be said */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder();
  readonly #waiting = new Map<number, Waiting>();
  readonly #byNumber = new Map<number, GuestProcess>();
  readonly #byId = new Map<string, GuestProcess>();
  #lastRequest = 0;

  /** Says hello and drops whatever comes before the answer to it: it belongs to an earlier conversation. */
  static begin(socket: Socket, signal: AbortSignal): Promise<AgentSession> {
    const epoch = randomUUID();
    return new Promise((resolve, reject) => {
      const decoder = new FrameDecoder();
      const failed = (error: unknown) => {
        socket.destroy();
        reject(error);
      };
      const gone = () => failed(new MvmError('agent.gone', "the machine's engine closed the agent's line"));
      const aborted = () => failed(signal.reason);
      const hear = (chunk: Buffer) => {
        const frames = [...decoder.push(chunk)];
        const answer = frames.findIndex((frame) => isHello(frame, epoch));
        if (answer < 0) return;
        socket.off('data', hear).off('close', gone);
        signal.removeEventListener('abort', aborted);
        try {
          const guest = readGuest(parseMessage((frames[answer] as AgentFrame).payload) ?? {});
          resolve(new AgentSession(socket, guest, decoder, frames.slice(answer + 1)));
        } catch (error) {
          failed(error);
        }
      };
      signal.addEventListener('abort', aborted, { once: true });
      socket.on('error', failed).on('close', gone).on('data', hear);
      socket.write(encodeControl({ op: 'hello', epoch, version: PROTOCOL }));
    });
  }

  private constructor(socket: Socket, guest: Guest, decoder: FrameDecoder, early: AgentFrame[]) {
    this.#socket = socket;
    this.#decoder = decoder;
    this.guest = guest;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    void this.closed.then(() => this.#failWaiting());
    // `close` follows and tells who waits.
    socket.removeAllListeners('error').on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => this.#hear(this.#decoder.push(chunk)));
    this.#hear(early);
  }

  /** Round trip in ms. */
  async ping(): Promise<number> {
    const begun = performance.now();
    await this.#request('ping');
    return performance.now() - begun;
  }

  async become(become: Become): Promise<void> {
    await this.#request('become', become);
  }

  /** Undoes `become`: the guest is as it was after its boot. */
  async release(): Promise<void> {
    await this.#request('release');
  }

  /** Resolves when the program runs. @throws MvmError `exec.not-found`, `exec.not-executable`, … */
  exec(exec: GuestExec, sink: ProcessSink): Promise<GuestProcess> {
    return this.#start('exec', exec, exec, sink);
  }

  /** Both in one round trip. */
  becomeAndExec(become: Become, exec: GuestExec, sink: ProcessSink): Promise<GuestProcess> {
    return this.#start('become', { ...become, exec }, exec, sink);
  }

  /** Goes on with a program that the guest has: it sends again from these positions. */
  adopt(id: string, from: { stdout: number; stderr: number }, sink: ProcessSink): GuestProcess {
    const known = this.#byId.get(id) ?? this.#find(id, sink);
    known.resume(from, sink);
    return known;
  }

  /** What the kernel has logged, control characters escaped. */
  async kernelLog(): Promise<string> {
    return text((await this.#request('kernelLog')).text);
  }

  /** The guest flushes its disks and ends; so does the line. */
  async powerOff(): Promise<void> {
    await this.#request('powerOff');
  }

  close(): void {
    this.#socket.destroy();
  }

  #find(id: string, sink: ProcessSink): GuestProcess {
    const state = this.guest.processes.find((process) => process.id === id);
    if (!state) throw new MvmError('session.not-found', 'the guest knows no such program');
    const process = this.#register(state, sink, false);
    if (state.stdin) sink.stdinConsumed(state.stdin.consumed);
    return process;
  }

  #start(op: string, fields: object, exec: GuestExec, sink: ProcessSink): Promise<GuestProcess> {
    return this.#ask(op, fields, ({ number, pid }) => {
      const stdin = exec.stdin ? { received: 0, consumed: 0 } : null;
      const state = { id: exec.session, number: count(number), pid: count(pid), main: exec.main, stdin };
      return this.#register(state, sink, true);
    });
  }

  #register(state: GuestProcessState, sink: ProcessSink, fresh: boolean): GuestProcess {
    const port = {
      send: (frame: Buffer) => this.#send(frame),
      request: (op: string, fields: object) => this.#request(op, fields),
    };
    const process = new GuestProcess(port, state, sink, fresh);
    this.#byNumber.set(state.number, process);
    this.#byId.set(state.id, process);
    return process;
  }

  #request(op: string, fields: object = {}): Promise<Message> {
    return this.#ask(op, fields, (answer) => answer);
  }

  /** Resolves with what `read` makes of the answer, in the moment in which it comes. */
  #ask<T>(op: string, fields: object, read: (answer: Message) => T): Promise<T> {
    const id = ++this.#lastRequest;
    return new Promise<T>((resolve, reject) => {
      if (this.#socket.destroyed) return reject(gone());
      const late = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new MvmError('agent.silent', `the guest's agent did not answer '${op}' within ${ANSWER_MS / 1000} s`));
      }, ANSWER_MS);
      this.#waiting.set(id, {
        take: (message) => {
          clearTimeout(late);
          try {
            if (message.error !== undefined) throw readError(message.error);
            resolve(read(message));
          } catch (error) {
            reject(error);
          }
        },
        reject: (error) => {
          clearTimeout(late);
          reject(error);
        },
      });
      this.#send(encodeControl({ ...fields, id, op }));
    });
  }

  #send(frame: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(frame);
  }

  #hear(frames: Iterable<AgentFrame>): void {
    for (const frame of frames) {
      if (frame.kind === FrameKind.control) this.#take(frame.payload);
      else this.#byNumber.get(programOf(frame.stream))?.receive(frame);
    }
  }

  /** A message that makes no sense is dropped: who waits for an answer has a deadline. */
  #take(payload: Buffer): void {
    const message = parseMessage(payload);
    if (!message) return;
    if (message.event === 'exit') this.#exited(message);
    if (typeof message.id !== 'number') return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    waiting?.take(message);
  }

  #exited({ session, exit }: Message): void {
    const process = typeof session === 'string' ? this.#byId.get(session) : undefined;
    if (!process) return;
    try {
      process.exited(readExit(exit));
    } catch (error) {
      if (!(error instanceof MvmError)) throw error;
      // An end without a sensible code is an end all the same.
      process.exited({ code: 255, signal: null });
    }
  }

  #failWaiting(): void {
    for (const waiting of this.#waiting.values()) waiting.reject(gone());
    this.#waiting.clear();
  }
}

const gone = (): MvmError => new MvmError('agent.gone', 'the guest is gone');

function isHello(frame: AgentFrame, epoch: string): boolean {
  if (frame.kind !== FrameKind.control) return false;
  const message = parseMessage(frame.payload);
  return message?.event === 'hello' && message.epoch === epoch;
}
