/** A guest that is started to see whether it runs, and is gone afterwards. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MvmError } from '../contract/errors.ts';
import type { EngineHandle, EngineSockets, Hardware, LaunchOptions } from './engine.ts';
import { settles } from './settles.ts';

const MEMORY_BYTES = 128 * 1024 ** 2;
/** How long the probe's answer waits for its guest's end, in ms; a guest hung in KVM took half a second to die. */
const PARTING_MS = 600;

export interface ProbeGround {
  /** folder with a short path for the guest's sockets */
  folder: string;
  /** something for the service's log */
  warn(line: string): void;
}

export type Start = (hardware: Hardware, options: LaunchOptions) => Promise<EngineHandle>;

export type Evidence<Found> = (sockets: EngineSockets, signal: AbortSignal) => Promise<Found>;

/** Runs a guest until `evidence` has come out of it. Rejects with a TimeoutError at the deadline. */
export async function withProbeGuest<Found>(
  { folder, warn }: ProbeGround,
  deadlineMs: number,
  start: Start,
  evidence: Evidence<Found>,
): Promise<Found> {
  const place = await mkdtemp(join(folder, 'probe-'));
  const hardware = bareMachine(place);
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new DOMException('too late', 'TimeoutError')), deadlineMs);
  const launched = start(hardware, { deadlineMs, signal: over.signal });
  try {
    return await Promise.race([evidence(hardware.sockets, over.signal), endOf(launched), aborted(over.signal)]);
  } finally {
    clearTimeout(timer);
    over.abort();
    await settles(clearAway(launched, place, warn), PARTING_MS);
  }
}

function bareMachine(folder: string): Hardware {
  const sockets = { folder, qmp: join(folder, 'qmp'), agent: join(folder, 'agent'), console: join(folder, 'console') };
  return {
    id: randomBytes(16).toString('hex'),
    vcpus: 1,
    memoryBytes: MEMORY_BYTES,
    network: 'none',
    forwards: [],
    imageDisk: null,
    machineDisk: null,
    sockets,
    engineLog: join(folder, 'engine.log'),
  };
}

async function endOf(launched: Promise<EngineHandle>): Promise<never> {
  const { exited } = await launched;
  const { code, signal } = await exited;
  throw new MvmError('engine.failed', `it ended (${signal ?? `code ${code}`}) before its agent was there`);
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
