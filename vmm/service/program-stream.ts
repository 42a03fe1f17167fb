/** A client's end of a program: frames from and to its WebSocket, within the credit it gave. */
import type { WebSocket } from 'ws';
import { MvmError, toBody } from '../contract/errors.ts';
import {
  type ClientControl,
  CONTROL,
  decodeFrame,
  encodeBytes,
  encodeControl,
  type Frame,
  MAX_PAYLOAD,
  type OutputChannel,
  type ServiceControl,
  STDERR,
  STDIN,
  STDOUT,
  WINDOW,
} from '../contract/stream.ts';
import type { ErrorBody, TerminalSize } from '../contract/types.ts';
import type { SessionClient } from '../machine/session.ts';
import type { Attachable } from '../machine/terminals/look.ts';
import { clientLeft } from './refusals.ts';
import { checkControl } from './validate.ts';

/** Frames that arrived before somebody asked for them: a client sends its request and its credits at once. */
const MAX_EARLY = 16;

/** What is said of an output has its place in it. */
type Aside = Extract<ServiceControl, { type: 'skipped' | 'written' }>;

interface Waiting {
  /** its place among all that was ever to be sent, of both channels */
  number: number;
  what: Uint8Array | Aside;
}

interface Queue {
  /** in order */
  waiting: Waiting[];
  credit: number;
  granted: number;
  ended: boolean;
}

/**
 * Channels are sent in the order in which they are given, as far as there is credit. One without any is
 * overtaken, so that a slow reader of one starves nobody of the other; but not before its first credit, and `inOrder`
 * never.
 */
export class ClientStream {
  readonly #socket: WebSocket;
  readonly #inOrder: boolean;
  #given = 0;
  readonly #early: Frame<ClientControl>[] = [];
  readonly #queues: Record<OutputChannel, Queue>;
  #take: ((frame: Frame<ClientControl>) => void) | null = null;
  #drained: (() => void)[] = [];
  readonly #announced = Promise.withResolvers<void>();
  #wasAnnounced = false;
  readonly #leaving = new AbortController();
  /** resolves when the connection is gone; true when the client took leave */
  readonly closed: Promise<boolean>;
  /** aborted then, with what to say of work that was meant for it */
  readonly left = this.#leaving.signal;

  constructor(socket: WebSocket, { inOrder = false } = {}) {
    this.#socket = socket;
    this.#inOrder = inOrder;
    const queue = (): Queue => ({ waiting: [], credit: 0, granted: 0, ended: false });
    this.#queues = { [STDOUT]: queue(), [STDERR]: queue() };
    this.closed = new Promise((resolve) => socket.on('close', (code) => resolve(code === 1000)));
    void this.closed.then(() => {
      this.#leaving.abort(clientLeft());
      this.#wake();
    });
    socket.on('message', (data: Buffer) => this.#receive(data));
  }

  /** The message that says what the stream is for. */
  first(): Promise<ClientControl> {
    return new Promise((resolve, reject) => {
      this.onFrame((frame) => {
        this.#take = null;
        if (frame.channel === CONTROL) resolve(frame.control);
        else reject(new MvmError('request.invalid', 'the first message of a stream must be a control message'));
      });
      void this.closed.then(() =>
        reject(new MvmError('request.aborted', 'the client left before it asked for anything')),
      );
    });
  }

  onFrame(take: (frame: Frame<ClientControl>) => void): void {
    this.#take = take;
    while (this.#take) {
      const frame = this.#early.shift();
      if (!frame) return;
      this.#take(frame);
    }
  }

  control(message: ServiceControl): void {
    this.#send(encodeControl(message));
  }

  output(channel: OutputChannel, bytes: Uint8Array): void {
    this.#give(channel, bytes);
  }

  aside(message: Aside): void {
    this.#give(message.channel, message);
  }

  endOutput(channel: OutputChannel): void {
    this.#queues[channel].ended = true;
    this.#flush();
  }

  /** Bytes of a channel that the client has granted in all. */
  granted(channel: OutputChannel): number {
    return this.#queues[channel].granted;
  }

  credit(channel: OutputChannel, bytes: number): void {
    const queue = this.#queues[channel];
    queue.credit += bytes;
    queue.granted += bytes;
    this.#flush();
  }

  /** Resolves when nothing waits for credit, or nobody is there to give it. */
  async drained(): Promise<void> {
    while (this.#socket.readyState === this.#socket.OPEN && this.#waiting > 0)
      await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Says what the stream is about; a quick program's end must not come before. */
  announce(message: ServiceControl): void {
    this.control(message);
    this.#wasAnnounced = true;
    this.#announced.resolve();
    this.#flush();
  }

  /** Resolves when the program was announced and its output is sent: only now may its end be told. */
  async spoken(): Promise<void> {
    await this.#announced.promise;
    await this.drained();
  }

  close(): void {
    this.#socket.close(1000);
  }

  get gone(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN;
  }

  /** Nothing waits for credit. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  get #waiting(): number {
    return this.#queues[STDOUT].waiting.length + this.#queues[STDERR].waiting.length;
  }

  #give(channel: OutputChannel, what: Waiting['what']): void {
    this.#queues[channel].waiting.push({ number: this.#given++, what });
    this.#flush();
  }

  #flush(): void {
    while (this.#sendNext());
    for (const channel of [STDOUT, STDERR] as const) {
      const queue = this.#queues[channel];
      if (!queue.ended || queue.waiting.length > 0) continue;
      this.#send(encodeBytes(channel, new Uint8Array(0)));
      queue.ended = false;
    }
    this.#wake();
  }

  /** False when nothing more may be sent now. */
  #sendNext(): boolean {
    const numberOf = (channel: OutputChannel) => this.#queues[channel].waiting[0]?.number ?? Number.POSITIVE_INFINITY;
    const first = numberOf(STDOUT) < numberOf(STDERR) ? STDOUT : STDERR;
    if (this.#sendOf(first)) return true;
    const isOvertaken = !this.#inOrder && this.#queues[first].granted > 0;
    return isOvertaken && this.#sendOf(first === STDOUT ? STDERR : STDOUT);
  }

  #sendOf(channel: OutputChannel): boolean {
    const queue = this.#queues[channel];
    const [first] = queue.waiting;
    if (!first) return false;
    const { what } = first;
    if (!(what instanceof Uint8Array)) {
      if (what.type === 'skipped' && !this.#wasAnnounced) return false;
      this.control(what);
      queue.waiting.shift();
      return true;
    }
    if (queue.credit === 0) return false;
    const part = what.subarray(0, Math.min(queue.credit, MAX_PAYLOAD));
    queue.credit -= part.length;
    if (part.length === what.length) queue.waiting.shift();
    else first.what = what.subarray(part.length);
    this.#send(encodeBytes(channel, part));
    return true;
  }

  #wake(): void {
    if (this.#waiting > 0 && this.#socket.readyState === this.#socket.OPEN) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #send(frame: Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame);
  }

  #receive(data: Buffer): void {
    try {
      const frame = decodeFrame<ClientControl>(data);
      if (!frame) throw new MvmError('request.invalid', 'that is not a frame of this protocol');
      if (frame.channel === CONTROL) frame.control = checkControl(frame.control);
      if (this.#take) this.#take(frame);
      else if (this.#early.push(frame) > MAX_EARLY)
        throw new MvmError('request.invalid', 'too much was sent too early');
    } catch (error) {
      this.fail(toBody(error));
    }
  }

  /** Tells the client why, and closes. */
  fail(error: ErrorBody): void {
    this.control({ type: 'error', error });
    this.#socket.close(1011);
  }
}

/** What a session tells its client. */
export function sessionClient(stream: ClientStream): SessionClient {
  return {
    output: (channel, bytes) => stream.output(channel, bytes),
    skipped: (channel, bytes) => stream.aside({ type: 'skipped', channel, bytes }),
    end: (channel) => stream.endOutput(channel),
    grantStdin: (bytes, position) => stream.control({ type: 'credit', channel: STDIN, bytes, position }),
    exit: (exit, timeline) => void stream.spoken().then(() => stream.control({ type: 'exit', exit, timeline })),
    fail: (error) => void stream.spoken().then(() => stream.fail(error)),
  };
}

/** Carries what the client sends to the program, until the client goes. */
export async function relay(
  stream: ClientStream,
  program: Attachable,
  client: SessionClient,
  { endsStdin, onResize }: { endsStdin: boolean; onResize?: ((size: TerminalSize) => void) | undefined },
): Promise<void> {
  const taken = { [STDOUT]: 0, [STDERR]: 0 };
  stream.onFrame((frame) => {
    if (frame.channel === CONTROL) takeControl(frame.control);
    else if (frame.channel !== STDIN) throw new MvmError('request.invalid', 'a client sends on stdin alone');
    else if (frame.bytes.length > 0) program.write(client, frame.bytes);
    else if (endsStdin) program.endStdin(client);
  });
  await program.detach(client, (await stream.closed) ? 'done' : 'lost');

  function takeControl(message: ClientControl): void {
    switch (message.type) {
      case 'credit':
        credit(message.channel, message.bytes);
        break;
      case 'signal':
        program.signal(message.signal).catch(failed);
        break;
      case 'resize':
        program.resize(message.size).catch(failed);
        onResize?.(message.size);
        break;
      case 'detach':
        leave().catch(failed);
        break;
      case 'run':
      case 'exec':
      case 'start':
      case 'attach':
      case 'copy-out':
      case 'copy-in':
      case 'resume':
        throw new MvmError('request.invalid', `'${message.type}' comes first or not at all`);
      default:
        message satisfies never;
    }
  }

  /** The first window is granted; what is granted after it was taken. */
  function credit(channel: OutputChannel, bytes: number): void {
    stream.credit(channel, bytes);
    const total = Math.max(0, stream.granted(channel) - WINDOW);
    program.consumed(client, channel, total - taken[channel]);
    taken[channel] = total;
  }

  async function leave(): Promise<void> {
    await program.detach(client, 'detached');
    stream.control({ type: 'detached' });
    stream.close();
  }

  /** The program may end in the moment in which it is signalled or resized; its exit says so. */
  function failed(error: unknown): void {
    const body = toBody(error);
    if (!TOO_LATE.has(body.code)) stream.fail(body);
  }
}

const TOO_LATE = new Set(['agent.gone', 'agent.no-session']);
