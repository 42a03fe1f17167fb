/** A guest that is started to see whether it runs, and is gone afterwards. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MvmError } from '../contract/errors.ts';
import type { EngineHandle, EngineSockets, Hardware, LaunchOptions } from './engine.ts';
import { killStray } from './qemu/stray.ts';
import { settles } from './settles.ts';

const MEMORY_BYTES = 128 * 1024 ** 2;
/** How long the probe's answer waits for its guest's end, in ms; a guest hung in KVM took half a second to die. */
const PARTING_MS = 600;
/** How long an engine's own word may follow the break of its guest's lines, in ms. */
const LAST_WORDS_MS = 500;
/** Each has a folder of its own beside the service's socket. */
const PLACE = 'probe-';

export interface ProbeGround {
  /** folder with a short path for the guest's sockets */
  folder: string;
  /** something for the service's log */
  warn(line: string): void;
  /** gives up what is under way */
  signal?: AbortSignal;
}

export type Start = (hardware: Hardware, options: LaunchOptions) => Promise<EngineHandle>;

export type Evidence<Found> = (sockets: EngineSockets, signal: AbortSignal) => Promise<Found>;

/** Runs a guest until `evidence` has come out of it. Rejects with a TimeoutError at the deadline. */
export async function withProbeGuest<Found>(
  { folder, warn, signal }: ProbeGround,
  deadlineMs: number,
  start: Start,
  evidence: Evidence<Found>,
): Promise<Found> {
  signal?.throwIfAborted();
  const place = await mkdtemp(join(folder, PLACE));
  const hardware = bareMachine(place);
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new DOMException('too late', 'TimeoutError')), deadlineMs);
  const either = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
  const launched = start(hardware, { deadlineMs, signal: either });
  const end = endOf(launched);
  const found = evidence(hardware.sockets, either).catch((error: unknown) => orItsEnd(error, end));
  try {
    return await Promise.race([found, end, aborted(either)]);
  } finally {
    clearTimeout(timer);
    over.abort();
    await settles(clearAway(launched, place, warn), PARTING_MS);
  }
}

/** Ends those of an earlier service that died while it looked. */
export async function endStrayProbes(folder: string): Promise<void> {
  const places = (await readdir(folder)).filter((name) => name.startsWith(PLACE));
  // Nobody waits for their end: one that hangs in KVM takes its time.
  for (const place of places) await killStray(socketsIn(join(folder, place)));
}

const socketsIn = (folder: string): EngineSockets => ({
  folder,
  qmp: join(folder, 'qmp'),
  agent: join(folder, 'agent'),
  console: join(folder, 'console'),
});

function bareMachine(folder: string): Hardware {
  return {
    id: randomBytes(16).toString('hex'),
    vcpus: 1,
    memoryBytes: MEMORY_BYTES,
    network: 'none',
    forwards: [],
    imageDisk: null,
    machineDisk: null,
    sockets: socketsIn(folder),
    engineLog: join(folder, 'engine.log'),
  };
}

async function endOf(launched: Promise<EngineHandle>): Promise<never> {
  const { exited } = await launched;
  const { code, signal } = await exited;
  throw new MvmError('engine.failed', `it ended (${signal ?? `code ${code}`}) before its agent was there`);
}

/** Why the engine ended says more than that the line to its guest broke. */
async function orItsEnd(error: unknown, end: Promise<never>): Promise<never> {
  if (await settles(end, LAST_WORDS_MS)) return end;
  throw error;
}

async function clearAway(launched: Promise<EngineHandle>, place: string, warn: (line: string) => void): Promise<void> {
  try {
    const handle = await launched;
    await handle.end(0);
  } catch (error) {
    // A failed launch has been told by the race and has ended its process, unless that is stuck.
    if ((error as MvmError).code === 'engine.stuck') warn((error as MvmError).message);
  }
  await rm(place, { recursive: true, force: true });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
