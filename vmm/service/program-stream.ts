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
import type { ErrorBody } from '../contract/types.ts';
import type { Positions, Session, SessionClient } from '../machine/session.ts';
import { checkControl } from './validate.ts';

/** Frames that arrived before somebody asked for them: a client sends its request and its credits at once. */
const MAX_EARLY = 16;

export class ClientStream {
  readonly #socket: WebSocket;
  readonly #early: Frame<ClientControl>[] = [];
  readonly #queues: Record<OutputChannel, { bytes: Uint8Array[]; credit: number; granted: number; ended: boolean }>;
  #take: ((frame: Frame<ClientControl>) => void) | null = null;
  #drained: (() => void)[] = [];
  readonly #announced = Promise.withResolvers<void>();
  /** resolves when the connection is gone; true when the client took leave */
  readonly closed: Promise<boolean>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    const queue = () => ({ bytes: [], credit: 0, granted: 0, ended: false });
    this.#queues = { [STDOUT]: queue(), [STDERR]: queue() };
    this.closed = new Promise((resolve) => socket.on('close', (code) => resolve(code === 1000)));
    void this.closed.then(() => this.#wake());
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
    this.#queues[channel].bytes.push(bytes);
    this.#flush(channel);
  }

  endOutput(channel: OutputChannel): void {
    this.#queues[channel].ended = true;
    this.#flush(channel);
  }

  /** Bytes of a channel that the client has granted in all. */
  granted(channel: OutputChannel): number {
    return this.#queues[channel].granted;
  }

  credit(channel: OutputChannel, bytes: number): void {
    const queue = this.#queues[channel];
    queue.credit += bytes;
    queue.granted += bytes;
    this.#flush(channel);
  }

  /** Resolves when nothing waits for credit, or nobody is there to give it. */
  async drained(): Promise<void> {
    while (this.#socket.readyState === this.#socket.OPEN && this.#waiting > 0)
      await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Says what the stream is about; a quick program's end must not come before. */
  announce(message: ServiceControl): void {
    this.control(message);
    this.#announced.resolve();
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
    return this.#queues[STDOUT].bytes.length + this.#queues[STDERR].bytes.length;
  }

  #flush(channel: OutputChannel): void {
    const queue = this.#queues[channel];
    for (let first = queue.bytes[0]; first && queue.credit > 0; first = queue.bytes[0]) {
      const part = first.subarray(0, Math.min(queue.credit, MAX_PAYLOAD));
      queue.credit -= part.length;
      if (part.length === first.length) queue.bytes.shift();
      else queue.bytes[0] = first.subarray(part.length);
      this.#send(encodeBytes(channel, part));
    }
    if (queue.bytes.length > 0) return;
    if (queue.ended) this.#send(encodeBytes(channel, new Uint8Array(0)));
    queue.ended = false;
    this.#wake();
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
    end: (channel) => stream.endOutput(channel),
    grantStdin: (bytes) => stream.control({ type: 'credit', channel: STDIN, bytes }),
    exit: (exit, timeline) => void stream.spoken().then(() => stream.control({ type: 'exit', exit, timeline })),
    fail: (error) => void stream.spoken().then(() => stream.fail(error)),
  };
}

/** Carries what the client sends to the program, until the client goes. */
export async function relay(
  stream: ClientStream,
  session: Session,
  client: SessionClient,
  from: { stdin: number; stdout: number; stderr: number },
): Promise<void> {
  const base = { [STDOUT]: from.stdout, [STDERR]: from.stderr };
  let stdin = from.stdin;
  stream.onFrame((frame) => {
    if (frame.channel === CONTROL) takeControl(stream, session, base, frame.control);
    else if (frame.channel !== STDIN) throw new MvmError('request.invalid', 'a client sends on stdin alone');
    else if (frame.bytes.length === 0) session.endStdin(stdin);
    else {
      session.write(stdin, frame.bytes);
      stdin += frame.bytes.length;
    }
  });
  session.detach(client, (await stream.closed) ? 'done' : 'lost');
}

/** The program ended in the moment in which it was signalled or resized; its exit says so. */
const TOO_LATE = new Set(['agent.gone', 'agent.no-session']);

function takeControl(stream: ClientStream, session: Session, base: Positions, message: ClientControl): void {
  const failed = (error: unknown) => {
    const body = toBody(error);
    if (!TOO_LATE.has(body.code)) stream.fail(body);
  };
  switch (message.type) {
    case 'credit': {
      stream.credit(message.channel, message.bytes);
      const consumed = Math.max(0, stream.granted(message.channel) - WINDOW);
      session.consumed(message.channel, base[message.channel] + consumed);
      break;
    }
    case 'signal':
      session.signal(message.signal).catch(failed);
      break;
    case 'resize':
      session.resize(message.size).catch(failed);
      break;
    case 'run':
    case 'exec':
    case 'copy-out':
    case 'copy-in':
    case 'resume':
      throw new MvmError('request.invalid', `'${message.type}' comes first or not at all`);
    default:
      message satisfies never;
  }
}
