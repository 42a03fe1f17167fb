/** Finds the user's service, starts it when there is none, and speaks to it. */
import { realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { MvmError } from '../contract/errors.ts';
import { addressOf, type CallName, type InputOf, type OutputOf, operations } from '../contract/operations.ts';
import type { ErrorBody } from '../contract/types.ts';
import { findRunFolder, homePaths, serviceSocket } from '../paths.ts';
import { handOver, isSuperseded, type RunningService, readNote, successorOf } from './hand-over.ts';

export interface ServiceOptions {
  home: string;
  /** the program that is the service, for this Node; null: never start one */
  entry: string | null;
  /** the Node that runs it, where this process is none itself */
  runtime?: string;
  /** what it is started with, where that is not this process's own */
  env?: NodeJS.ProcessEnv;
}

/** How long a service may take to answer after it was started, ms. */
const START_DEADLINE_MS = 10_000;
const RETRY_MS = 4;
/** Streams pass through in buffers outside the heap, freed when the small young generation is swept: often, then. */
const RUNTIME_OPTIONS = ['--max-semi-space-size=1'];
/** How long another service, which may just be starting or ending, has before one more is started, ms. */
const AGAIN_MS = 250;

/** @throws MvmError as the service said it, or `service.*` when it cannot be reached */
export async function call<Name extends CallName>(
  options: ServiceOptions,
  name: Name,
  input: InputOf<Name>,
): Promise<OutputOf<Name>> {
  const { method, path: pattern } = operations[name];
  const { path, rest } = addressOf(pattern, input as Record<string, unknown>);
  const inQuery = method === 'GET' || method === 'DELETE';
  const target = inQuery ? path + queryOf(rest) : path;
  const body = inQuery ? null : JSON.stringify(rest);
  const send = (socketPath: string) => exchange(socketPath, method, target, body);
  return (await withService(options, method === 'GET' ? send : once(send))) as OutputOf<Name>;
}

/** What may have happened already is not asked for twice. */
function once<T>(send: (socketPath: string) => Promise<T>): (socketPath: string) => Promise<T> {
  return async (socketPath) => {
    try {
      return await send(socketPath);
    } catch (error) {
      if (!isBroken(error)) throw error;
      throw new MvmError('service.lost', 'the mvm service ended before it answered', {
        hint: 'mvm ps says what became of it.',
        cause: error,
      });
    }
  };
}

function queryOf(rest: Record<string, unknown>): string {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return query && `?${query}`;
}

/** Tries; when nobody listens, starts the service and tries until it answers. */
export async function withService<T>(options: ServiceOptions, attempt: (socketPath: string) => Promise<T>): Promise<T> {
  const runFolder = runFolderOf(options.home);
  const socketPath = runFolder && serviceSocket(runFolder);
  try {
    if (options.entry !== null && runFolder !== null && isSuperseded(runFolder, options.entry))
      await handOver(serviceAt(runFolder, options.entry));
    if (socketPath !== null) return await attempt(socketPath);
  } catch (error) {
    if (!nobodyListens(error)) throw unreachable(options.home, error);
  }
  if (options.entry === null)
    throw new MvmError('service.absent', 'the mvm service is not running', { hint: 'Any mvm command starts it.' });
  return startAndTry({ ...options, entry: options.entry }, attempt);
}

/** A socket of somebody else's or a home that is a file, for example; what the service itself said stays as it is. */
function unreachable(home: string, error: unknown): unknown {
  const { syscall, code } = error as NodeJS.ErrnoException;
  if (syscall !== 'connect' && code !== 'ENOTDIR') return error;
  return new MvmError('home.unusable', `the mvm service of ${home} cannot be reached: ${(error as Error).message}`, {
    hint: 'Set MVM_HOME to a folder that you own and may write to.',
    cause: error,
  });
}

function nobodyListens(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ECONNREFUSED' || isBroken(error);
}

/** The service died with the connection: it was accepted, or waited to be, and nothing was answered. */
function isBroken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE';
}

const serviceAt = (runFolder: string, successor: string): RunningService => ({
  note: readNote(runFolder),
  successor,
  ask: (method, path, body) => exchange(serviceSocket(runFolder), method, path, body),
});

/** Where the home's sockets lie, null while it has none. */
function runFolderOf(home: string): string | null {
  try {
    return findRunFolder(homePaths(realpathSync(home)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new MvmError('home.unusable', `${home} cannot be read: ${(error as Error).message}`, {
      hint: 'Set MVM_HOME to a folder that you own and may write to.',
      cause: error,
    });
  }
}

type Startable = ServiceOptions & { entry: string };

async function startAndTry<T>(options: Startable, attempt: (socketPath: string) => Promise<T>): Promise<T> {
  const { home } = options;
  const started = { ...options, entry: successorOf(runFolderOf(home), options.entry) };
  let ended = spawnService(started);
  const deadline = performance.now() + START_DEADLINE_MS;
  let again = Number.POSITIVE_INFINITY;
  while (performance.now() < deadline) {
    const runFolder = runFolderOf(home);
    try {
      if (runFolder !== null) return await attempt(serviceSocket(runFolder));
    } catch (error) {
      if (!nobodyListens(error)) throw unreachable(home, error);
    }
    const how = await Promise.race([ended, after(RETRY_MS)]);
    if (how instanceof MvmError) throw how;
    if (how === 'found another') {
      again = performance.now() + AGAIN_MS;
      ended = new Promise(() => {});
    }
    if (performance.now() > again) {
      again = Number.POSITIVE_INFINITY;
      ended = spawnService(started);
    }
  }
  throw new MvmError('service.silent', `the mvm service did not answer within ${START_DEADLINE_MS / 1000} s`, {
    hint: `Its log: ${homePaths(home).serviceLog}`,
  });
}

const after = (ms: number): Promise<null> => new Promise((resolve) => setTimeout(() => resolve(null), ms));

/**
 * Starts it detached. Resolves with its complaint if it ends with one; a service that finds another one running ends
 * without. That other one answers soon, unless it was about to end itself.
 */
async function spawnService({
  home,
  entry,
  runtime = process.execPath,
  env = process.env,
}: Startable): Promise<MvmError | 'found another'> {
  // Loading it takes 6 ms, which a command whose service runs does not pay.
  const { spawn } = await import('node:child_process');
  const child = spawn(runtime, [...RUNTIME_OPTIONS, entry], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...env, MVM_HOME: home },
    cwd: '/',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-65_536);
  });
  child.unref();
  (child.stderr as unknown as { unref(): void }).unref();
  return new Promise((resolve) => {
    child.on('error', (cause) =>
      resolve(new MvmError('service.start', 'the mvm service cannot be started', { cause })),
    );
    child.on('close', (code) => {
      resolve(code === 0 ? 'found another' : complaint(said, code));
    });
  });
}

/** The service's last line is an error body, unless it died in a way it could not describe. */
function complaint(said: string, code: number | null): MvmError {
  const last = said.trim().split('\n').at(-1) ?? '';
  try {
    return fromBody(JSON.parse(last) as ErrorBody);
  } catch {
    return new MvmError(
      'service.start',
      `the mvm service ended at its start (code ${code}): ${said.trim().slice(-2000)}`,
    );
  }
}

export function fromBody({ code, message, hint, details }: ErrorBody): MvmError {
  return new MvmError(code, message, {
    ...(hint !== undefined && { hint }),
    ...(details !== undefined && { details }),
  });
}

/**
 * One request, one connection. Loading node:http would cost the command line a third of bare Node's start, and this is
 * all that is used of it: in HTTP/1.0 the answer ends with the connection.
 */
async function exchange(socketPath: string, method: string, path: string, body: string | null): Promise<unknown> {
  const socket = connect(socketPath);
  const head = [`${method} ${path} HTTP/1.0`, 'Host: mvm'];
  if (body !== null) head.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
  socket.write(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  const { status, text } = readAnswer(Buffer.concat(chunks));
  const answer = parseBody(text);
  if (status !== 200 && answer.error) throw fromBody(answer.error);
  return answer;
}

function readAnswer(bytes: Buffer): { status: number; text: string } {
  if (bytes.length === 0) throw cutOff();
  const end = bytes.indexOf('\r\n\r\n');
  const status = /^HTTP\/1\.\d (\d{3}) /.exec(bytes.toString('latin1', 0, Math.max(0, end)))?.[1];
  if (status === undefined) throw new MvmError('service.garbled', 'what listens on the socket is not the mvm service');
  return { status: Number(status), text: bytes.toString('utf8', end + 4) };
}

function parseBody(text: string): { error?: ErrorBody } {
  try {
    return JSON.parse(text) as { error?: ErrorBody };
  } catch {
    // The service writes whole answers: one that is none was cut off by its end.
    throw cutOff();
  }
}

/** Whoever listened there ended before it had answered. */
const cutOff = (): Error => Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
