/** A shell of the user on this host, in a pseudo terminal of node-pty. It ends with the service. */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import type { IPty } from 'node-pty';
import { MvmError } from '../../contract/errors.ts';
import { type OutputChannel, STDERR, STDOUT, WINDOW } from '../../contract/stream.ts';
import type { ProgramExit, TerminalSize } from '../../contract/types.ts';
import { Audience } from '../audience.ts';
import { type Positions, Recollection, type Scrollback, tailOf } from '../scrollback.ts';
import type { Leave, SessionClient } from '../session.ts';
import { SharedStdin, type StdinState } from '../shared-stdin.ts';
import type { Attachable, Look } from './look.ts';
import { PtyInput } from './pty-input.ts';

/** Bytes of its output that are kept in memory. */
const SCROLLBACK = 1024 * 1024;
/** How long it may take to heed the hang-up before it is killed, ms. */
const HANG_UP_MS = 2_000;

export interface ShellOptions {
  argv: [string, ...string[]];
  env: Record<string, string>;
  cwd: string;
  size: TerminalSize;
  now(): number;
}

export class Shell implements Attachable, Look {
  readonly program = this;
  readonly stdin = true;
  readonly ended: Promise<ProgramExit>;
  readonly #pty: IPty;
  readonly #input: PtyInput;
  readonly #kept = new Recollection(SCROLLBACK);
  readonly #audience: Audience<SessionClient>;
  readonly #keys = new SharedStdin<SessionClient>();
  #paused = false;

  /** @throws MvmError `terminal.unavailable` when node-pty cannot be loaded, `terminal.failed` */
  static start(options: ShellOptions): Shell {
    const { spawn } = loadPty();
    const [file, ...args] = options.argv;
    const { env, cwd, size } = options;
    try {
      const pty = spawn(file, args, { env, cwd, cols: size.columns, rows: size.rows, encoding: null });
      return new Shell(pty, options);
    } catch (cause) {
      throw new MvmError('terminal.failed', `no terminal can be opened: ${(cause as Error).message}`, { cause });
    }
  }

  private constructor(pty: IPty, { now }: ShellOptions) {
    this.#pty = pty;
    this.#audience = new Audience({ scrollback: () => this.#kept, onMoved: () => this.#pace() });
    this.#input = new PtyInput(pty, (position) => this.#keys.consumed(position));
    this.#keys.bind(this.#input);
    // With `encoding: null` it hands out bytes, whatever its types say.
    pty.onData((bytes) => this.#hear(bytes as unknown as Buffer, now()));
    this.ended = new Promise((resolve) =>
      pty.onExit(({ exitCode, signal }) => resolve(exitOf(exitCode, signal ?? 0, now()))),
    );
    void this.ended.then((exit) => {
      this.#input.close();
      this.#audience.endsAt(STDOUT, this.#kept.recorded(STDOUT));
      this.#audience.endsAt(STDERR, 0);
      this.#audience.finish({ exit, timeline: { requestedAt: exit.at } });
    });
  }

  get kept(): Scrollback {
    return this.#kept;
  }

  get recorded(): { stdout: number; stderr: number } {
    return { stdout: this.#kept.recorded(STDOUT), stderr: 0 };
  }

  watch(client: SessionClient, from: Positions | { tail: number }): Positions {
    const positions = 'tail' in from ? tailOf(this.#kept, from.tail) : from;
    this.#audience.join(client, positions, 'watcher');
    this.#pace();
    return positions;
  }

  consumed(client: SessionClient, channel: OutputChannel, bytes: number): void {
    this.#audience.consumed(client, channel, bytes);
  }

  async detach(client: SessionClient, how: Leave): Promise<void> {
    this.#keys.leave(client, how === 'lost' ? 'lost' : 'for good');
    this.#audience.leave(client);
    this.#pace();
  }

  openStdin(client: SessionClient): StdinState {
    return this.#keys.open(client);
  }

  write(client: SessionClient, bytes: Uint8Array): void {
    this.#keys.write(client, bytes);
  }

  /** A window that goes does not end it. */
  endStdin(): void {}

  async signal(name: string): Promise<void> {
    this.#pty.kill(name);
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    this.#pty.resize(columns, rows);
  }

  async redraw({ columns, rows }: TerminalSize): Promise<void> {
    this.#pty.resize(columns, rows === 1 ? 2 : rows - 1);
    this.#pty.resize(columns, rows);
  }

  /** As a terminal that is closed does; who ignores it is killed. */
  async hangUp(): Promise<void> {
    this.#resume();
    this.#pty.kill('SIGHUP');
    const last = setTimeout(() => this.#pty.kill('SIGKILL'), HANG_UP_MS);
    await this.ended;
    clearTimeout(last);
  }

  #hear(bytes: Buffer, at: number): void {
    const position = this.#kept.recorded(STDOUT);
    this.#kept.append(STDOUT, bytes, at);
    this.#audience.hear(STDOUT, position, bytes);
    this.#pace();
  }

  /** Nobody reads faster than the slowest who is waited for. */
  #pace(): void {
    const needed = this.#audience.needed(STDOUT);
    const ahead = needed === null ? 0 : this.#kept.recorded(STDOUT) - needed;
    if (ahead < WINDOW) this.#resume();
    else if (!this.#paused) {
      this.#paused = true;
      this.#pty.pause();
    }
  }

  #resume(): void {
    if (this.#paused) this.#pty.resume();
    this.#paused = false;
  }
}

function exitOf(code: number, signal: number, at: number): ProgramExit {
  if (signal === 0) return { code, signal: null, at };
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? null;
  return { code: 128 + signal, signal: name, at };
}

/**
 * A native module, and the only one of its kind: nothing else of mvm needs it. Required, for an import that failed once
 * fails until the service ends.
 *
 * @throws MvmError `terminal.unavailable`
 */
export function loadPty(): typeof import('node-pty') {
  try {
    return createRequire(import.meta.url)('node-pty');
  } catch (cause) {
    throw new MvmError(
      'terminal.unavailable',
      "shells of this host need node-pty's native part, which is not there or does not load",
      {
        hint: 'In a checkout, ./mvm --set-up-only builds it or says what it needs. Terminals of machines work without.',
        cause,
      },
    );
  }
}
