/** A conversation with a guest's agent over the machine's socket. */
import type { Socket } from 'node:net';
import { MvmError } from '../contract/errors.ts';
import type { FolderListing } from '../contract/files.ts';
import {
  type Fields,
  readExit,
  readListing,
  readMessage,
  readStarted,
  readStats,
  readText,
  readTop,
} from './checks.ts';
import { encodeControl, type Frame, FrameDecoder } from './frames.ts';
import { Greeting } from './greeting.ts';
import {
  type Become,
  type Guest,
  type GuestChannel,
  type GuestExec,
  type GuestProcessRow,
  type GuestStats,
  guestTime,
} from './messages.ts';
import { openSocket } from './open-socket.ts';
import { Outbox } from './outbox.ts';
import { GuestProcess, type ProcessSink, type ProcessStart } from './process.ts';
import { Requests } from './requests.ts';

export interface ConnectOptions {
  /** for the agent's first answer, ms */
  deadlineMs: number;
  signal?: AbortSignal;
}

/** @throws MvmError `agent.silent` at the deadline, `agent.gone` when the socket closes before an answer */
export async function connectAgent(path: string, { deadlineMs, signal }: ConnectOptions): Promise<AgentSession> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const either = signal ? AbortSignal.any([deadline, signal]) : deadline;
  try {
    const session = new AgentSession(await openSocket(path, either));
    await session.greet(either);
    return session;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (!deadline.aborted) throw error;
    throw new MvmError('agent.silent', `the guest's agent did not answer within ${deadlineMs / 1000} s`, {
      cause: error,
    });
  }
}

/** Places that look like a frame and are none: a torn frame makes a few, thousands are an attack on our time. */
const MOST_REJECTED = 1_000;
/** Answers of which one list of processes may consist. */
const MOST_PAGES = 1_000;

export class AgentSession {
  /** resolves when nothing more can be said, whoever ended it */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #decoder = new FrameDecoder();
  readonly #greeting: Greeting;
  readonly #requests: Requests;
  readonly #byNumber = new Map<number, GuestProcess>();
  readonly #byId = new Map<string, GuestProcess>();
  /** heard and not yet looked at, while `#pausing` */
  readonly #later: Frame[] = [];
  #pausing = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#outbox = new Outbox(socket);
    this.#greeting = new Greeting(socket, this.#outbox);
    this.#requests = new Requests((message) => this.#outbox.control(encodeControl(message)));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    void this.closed.then(() => this.#fail(new MvmError('agent.gone', "the line to the guest's agent is closed")));
    // `close` follows and tells who waits.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
  }

  /** Says hello and waits for the answer. */
  async greet(signal: AbortSignal): Promise<void> {
    const abort = () => this.#end(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await this.#greeting.exchange();
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** What the agent told when this conversation began. */
  get guest(): Guest {
    return this.#greeting.guest;
  }

  /** Round trip in ms. */
  async ping(): Promise<number> {
    const begun = performance.now();
    await this.#requests.ask('ping');
    return performance.now() - begun;
  }

  async become(become: Become): Promise<void> {
    await this.#requests.ask('become', become);
  }

  /** Ends all programs and undoes `become`: the guest is as it was after its boot, and its disks may be exchanged. */
  async release(): Promise<void> {
    await this.#requests.ask('release');
    this.#byNumber.clear();
    this.#byId.clear();
  }

  /** Resolves when the program runs. @throws MvmError `exec.not-found`, `exec.not-executable`, … */
  async exec(exec: GuestExec, sink: ProcessSink): Promise<GuestProcess> {
    if (exec.builtin) this.#need('copy');
    return this.#start('exec', exec, exec.session, sink);
  }

  /** Both in one round trip. */
  becomeAndExec(become: Become, exec: GuestExec, sink: ProcessSink): Promise<GuestProcess> {
    return this.#start('become', { ...become, exec }, exec.session, sink);
  }

  /** Goes on with a program that the guest has: it sends its outputs again from these positions. */
  adopt(id: string, from: Record<GuestChannel, number>, sink: ProcessSink): GuestProcess {
    const process = this.#byId.get(id) ?? this.#meet(id, from, sink);
    process.resume(from, sink);
    return process;
  }

  /** After a pause: the guest's clock stood still, and its random numbers are stirred. */
  async wake(nowMs: number, entropy: Uint8Array): Promise<void> {
    await this.#requests.ask('wake', { time: guestTime(nowMs), entropy: Buffer.from(entropy).toString('hex') });
  }

  /** The machine's processes by their numbers, in as many answers as they take. */
  async top(): Promise<GuestProcessRow[]> {
    this.#need('top');
    const processes: GuestProcessRow[] = [];
    let from: number | null = 0;
    for (let page = 0; from !== null && page < MOST_PAGES; page++) {
      const answer: { processes: GuestProcessRow[]; next: number | null } = await this.#requests.ask(
        'top',
        { from },
        readTop,
      );
      processes.push(...answer.processes);
      from = answer.next;
    }
    return processes;
  }

  /** A page of a folder of the machine: the entries behind one, which is hexadecimal or empty. */
  async list(path: string, after: string): Promise<FolderListing> {
    this.#need('list');
    return this.#requests.ask('list', { path, after }, readListing);
  }

  async stats(): Promise<GuestStats> {
    return this.#requests.ask('stats', {}, readStats);
  }

  /** The beginning of what the kernel has said, at most 48 KiB, control characters escaped. */
  async kernelLog(): Promise<string> {
    return this.#requests.ask('kernelLog', {}, readText);
  }

  async sync(): Promise<void> {
    await this.#requests.ask('sync');
  }

  /** Unmounts and restarts, which ends the engine; resolves when the agent agreed or the line is gone. */
  async powerOff(): Promise<void> {
    await Promise.race([this.#requests.ask('powerOff'), this.closed]).catch((error: unknown) => {
      if (!(error instanceof MvmError && error.code === 'agent.gone')) throw error;
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** A guest goes on with the agent it began with, also when mvm has become newer. */
  #need(capability: string): void {
    if (this.guest.capabilities.includes(capability)) return;
    throw new MvmError('agent.too-old', `an older mvm started this machine, so that it knows no '${capability}'`, {
      hint: 'mvm restart gives it the present agent.',
    });
  }

  #start(op: string, fields: object, id: string, sink: ProcessSink): Promise<GuestProcess> {
    const from = { stdin: 0, stdout: 0, stderr: 0 };
    return this.#requests.ask(op, fields, (reply) => {
      this.#pause();
      return this.#add({ id, ...readStarted(reply), from }, sink);
    });
  }

  /** A program that the agent told of in its hello. */
  #meet(id: string, from: Record<GuestChannel, number>, sink: ProcessSink): GuestProcess {
    const state = this.guest.processes.find((process) => process.id === id);
    if (!state) throw new MvmError('session.not-found', 'the guest knows no such program');
    for (const channel of ['stdout', 'stderr'] as const) {
      const { acked, produced } = state[channel];
      if (from[channel] >= acked && from[channel] <= produced) continue;
      throw new MvmError('agent.lost-output', `the guest has no ${channel} from byte ${from[channel]} on`, {
        details: { channel, from: from[channel], acked, produced },
      });
    }
    const process = this.#add({ ...state, from: { ...from, stdin: state.stdin?.received ?? 0 } }, sink);
    if (state.stdin) sink.stdinConsumed(state.stdin.consumed);
    return process;
  }

  #add(start: ProcessStart, sink: ProcessSink): GuestProcess {
    const request = async (op: string, fields: object) => {
      await this.#requests.ask(op, fields);
      if (op === 'reap') this.#forget(start);
    };
    const process = new GuestProcess(start, sink, this.#outbox, request);
    this.#byNumber.set(start.number, process);
    this.#byId.set(start.id, process);
    return process;
  }

  #forget({ number, id }: ProcessStart): void {
    this.#byNumber.delete(number);
    this.#byId.delete(id);
  }

  /** Lets whoever awaits a program's start go on before its first byte, or even its exit, is handed out. */
  #pause(): void {
    this.#pausing = true;
    setImmediate(() => {
      this.#pausing = false;
      this.#hear(Buffer.alloc(0));
    });
  }

  #hear(chunk: Buffer): void {
    try {
      this.#later.push(...this.#decoder.push(chunk));
      while (!this.#pausing && this.#later.length > 0) this.#take(this.#later.shift() as Frame);
      if (this.#decoder.rejected > MOST_REJECTED) throw new MvmError('agent.broken', "the guest's agent sends garbage");
    } catch (error) {
      this.#end(error);
    }
  }

  #take(frame: Frame): void {
    if (frame.kind !== 'control') {
      if (this.#greeting.answered) this.#byNumber.get(frame.program)?.receive(frame);
      return;
    }
    const message = readMessage(frame);
    if (!message) return;
    if (message.event === 'hello') this.#greeting.hear(message);
    else if (this.#greeting.answered) this.#hearMessage(message);
  }

  #hearMessage(message: Fields): void {
    if (message.event !== 'exit') this.#requests.answer(message);
    else if (typeof message.session === 'string') this.#byId.get(message.session)?.exited(readExit(message.exit));
  }

  /** Closes the line for a reason that those who wait are told. */
  #end(reason: unknown): void {
    this.#fail(reason);
    this.#socket.destroy();
  }

  #fail(reason: unknown): void {
    this.#greeting.fail(reason);
    this.#requests.fail(reason);
  }
}
