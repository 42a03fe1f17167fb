/** The other end of a session, played by a test. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { encodeControl, type Frame, FrameDecoder } from '../../vmm/guest/frames.ts';
import { type AgentSession, connectAgent } from '../../vmm/guest/session.ts';

export type Message = Record<string, unknown>;

export class FakeAgent {
  readonly path: string;
  /** control messages that came and were not taken */
  readonly #messages: Message[] = [];
  readonly #frames: Frame[] = [];
  readonly #decoder = new FrameDecoder();
  #socket: Socket | null = null;
  /** the epoch of a hello that has its answer: it may have been said again in the meantime */
  #answered: unknown = null;
  #arrived = Promise.withResolvers<void>();

  static async listen(): Promise<FakeAgent> {
    const folder = mkdtempSync(join(tmpdir(), 'mvm-fake-'));
    const agent = new FakeAgent(join(folder, 'agent'));
    const server = createServer((socket) => agent.#meet(socket));
    server.listen(agent.path);
    await once(server, 'listening');
    onTestFinished(() => {
      agent.#socket?.destroy();
      server.close();
      rmSync(folder, { recursive: true });
    });
    return agent;
  }

  private constructor(path: string) {
    this.path = path;
  }

  /** A session that this agent has greeted. */
  async session(processes: Message[] = []): Promise<AgentSession> {
    const connecting = connectAgent(this.path, { deadlineMs: 20_000 });

    await this.greet(processes);
    return connecting;
  }

  async greet(processes: Message[] = []): Promise<void> {
    const { epoch } = await this.message();
    this.say({ ...helloTo(epoch), processes });
  }

  /** The next control message. */
  async message(): Promise<Message> {
    while (this.#messages.length === 0) await this.#arrived.promise;
    return this.#messages.shift() as Message;
  }

  /** The next frame of a stream. */
  async frame(): Promise<Frame> {
    while (this.#frames.length === 0) await this.#arrived.promise;
    return this.#frames.shift() as Frame;
  }

  /** Frames of streams that nobody took. */
  get waiting(): number {
    return this.#frames.length;
  }

  say(message: Message): void {
    if (message.event === 'hello') this.#answered = message.epoch;
    this.send(encodeControl(message));
  }

  send(...pieces: Uint8Array[]): void {
    for (const piece of pieces) this.#socket?.write(piece);
  }

  hangUp(): void {
    this.#socket?.destroy();
  }

  #meet(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.#decoder.push(chunk)) {
        if (frame.kind !== 'control') this.#frames.push(frame);
        else this.#hear(JSON.parse(frame.text.toString()));
      }
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    });
  }

  #hear(message: Message): void {
    if (message.op !== 'hello' || message.epoch !== this.#answered) this.#messages.push(message);
  }
}

export const helloTo = (epoch: unknown): Message => ({
  event: 'hello',
  epoch,
  version: 1,
  capabilities: ['exec'],
  bootId: 'boot',
  machineId: null,
  processes: [],
});

export const runningProcess = (change: Message = {}): Message => ({
  id: 'p',
  number: 1,
  pid: 7,
  main: false,
  tty: false,
  exit: null,
  stdin: { received: 0, consumed: 0, ended: false },
  stdout: { acked: 0, produced: 0, ended: false },
  stderr: { acked: 0, produced: 0, ended: false },
  ...change,
});

export const exit = { code: 3, signal: null, userUs: 1, systemUs: 2, maxRssBytes: 3 };
