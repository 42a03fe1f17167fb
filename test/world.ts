/** A temporary home with a real service and real guests, driven through the command line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { findRunFolder, homePaths, serviceSocket } from '../vmm/paths.ts';
import { enginesIn, killAll, processesOf } from './processes.ts';

const ROOT = join(import.meta.dirname, '..');
const BUNDLES = join(ROOT, '.build');

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
  /** stdout as bytes */
  bytes: Buffer;
}

export interface Running {
  child: ChildProcess;
  /** what it printed so far */
  stdout(): string;
  stderr(): string;
  ended: Promise<Result>;
}

export interface Listed {
  id: string;
  name: string;
  state: { name: string };
}

export interface WorldOptions {
  home?: string;
  env?: NodeJS.ProcessEnv;
  /** folder of the bundles that are `mvm`, by default this checkout's */
  bundles?: string | null;
}

export class World {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #cli: string;

  constructor(options: WorldOptions = {}) {
    this.#cli = join(options.bundles ?? BUNDLES, 'cli.cjs');
    this.home = options.home ?? mkdtempSync(join(tmpdir(), 'mvm-test-'));
    this.env = { ...process.env, MVM_HOME: this.home, NO_COLOR: '1', ...options.env };
    // What a probe found out in an earlier home holds here as well: its key names the host, the engine and the kernel.
    const known = process.env.MVM_TEST_ACCELERATORS;
    if (known && existsSync(known) && existsSync(this.home)) cpSync(known, homePaths(this.home).accelerators);
  }

  /** The same home, spoken to by another version's programs. */
  with({ bundles }: Pick<WorldOptions, 'bundles'>): World {
    return new World({ home: this.home, bundles, env: this.env });
  }

  /** Runs `mvm …` to its end. */
  mvm(args: string[], input: string | Buffer | null = null): Promise<Result> {
    const running = this.start(args);
    if (input !== null) running.child.stdin?.end(input);
    else running.child.stdin?.end();
    return running.ended;
  }

  /** Starts `mvm …` and leaves it running, with its stdin open. */
  start(args: string[]): Running {
    const child = spawn(process.execPath, ['--', this.#cli, ...args], { env: this.env, stdio: 'pipe' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
    // A program that ends before it read all its input closes the pipe; that is its right.
    child.stdin.on('error', () => child.stdin.destroy());
    const ended = new Promise<Result>((resolve) => {
      child.on('close', (code, signal) => {
        const bytes = Buffer.concat(out);
        const stderr = withoutProgress(Buffer.concat(err).toString());
        resolve({ code: code ?? (signal === null ? -1 : -2), stdout: bytes.toString(), stderr, bytes });
      });
    });
    return {
      child,
      stdout: () => Buffer.concat(out).toString(),
      stderr: () => Buffer.concat(err).toString(),
      ended,
    };
  }

  /** A call of the service's API. */
  async api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const socketPath = this.socketPath;
    return new Promise((resolve, reject) => {
      const sent = request({ socketPath, method, path, agent: false }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) });
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  get socketPath(): string {
    return serviceSocket(findRunFolder(homePaths(this.home)) ?? '');
  }

  async servicePid(): Promise<number> {
    const { body } = await this.api('GET', '/v1/version');
    return (body as { pid: number }).pid;
  }

  /** As a crash or the kernel's killer would; resolves when it is gone. */
  async killService(): Promise<void> {
    // A client may just be starting the next one.
    const pid = await eventually(() => this.servicePid().catch(() => false as const), 'a service');
    process.kill(pid, 'SIGKILL');
    await eventually(() => hasEnded(pid), 'the end of the service');
  }

  /** Of the service that runs, or of the next one: the command that starts it is many times as dear as a question. */
  async machines(): Promise<Listed[]> {
    const listed = await this.#listed();
    return listed ?? JSON.parse((await this.mvm(['ps', '--all', '--json'])).stdout);
  }

  /** Their states at once, for one that passes sooner than a command is there to ask. None while no service answers. */
  async states(): Promise<string[]> {
    return ((await this.#listed()) ?? []).map(({ state }) => state.name);
  }

  /** null while no service answers */
  async #listed(): Promise<Listed[] | null> {
    const answered = await this.api('GET', '/v1/machines').catch(() => null);
    return answered && (answered.body as { machines: Listed[] }).machines;
  }

  /** Its engines by /proc: the truth that no service tells. */
  engines(): number[] {
    return enginesIn(this.home);
  }

  serviceLog(): string {
    return readFileSync(homePaths(this.home).serviceLog, 'utf8');
  }

  /** Ends everything of this home at once. That things end in order is for tests to see, not for their end. */
  async end(): Promise<void> {
    await killAll(() => processesOf(this.home));
    for (const folder of [findRunFolder(homePaths(this.home)), this.home])
      if (folder !== null) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/** A pipe hears every ten seconds how far a step is: what of it comes is the computer's doing, not the command's. */
const withoutProgress = (text: string): string =>
  text.replace(/^mvm: [a-z ]+: [\d.]+ (ms|s|min|h|B|[KMGT]iB)\b.*\n/gm, '');

/** Also true of one that its parent has not asked about yet: its last thread is gone, so all it had open is closed. */
export function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const isDead = 'ZX'.includes(stat.charAt(stat.lastIndexOf(')') + 2));
    return isDead && readdirSync(`/proc/${pid}/task`).length <= 1;
  } catch {
    // Nothing is left of it.
    return true;
  }
}

const open: World[] = [];

/** A world that ends with the test. */
export function world(options?: WorldOptions): World {
  const made = new World(options);
  open.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((made) => made.end()));
});

/** Waits for what is observed, not for time: `look` is tried until it answers with something. */
export async function eventually<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
  what: string | (() => string),
): Promise<T> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain for ${typeof what === 'string' ? what : what()}`);
}
