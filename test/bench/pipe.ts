/** 1 GiB into a guest and back: whole, how fast, and what it makes grow. */
import { createCipheriv } from 'node:crypto';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { bound, type Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const SAMPLE_EVERY_MS = 2_000;

export async function pipe(ground: Ground): Promise<Figure[]> {
  const freeBefore = await freeInGuest(ground, await ground.machine());
  const file = join(ground.folder, 'file');
  await writeNoise(file, GIB);
  const { pid } = await ground.call('version', {});
  writeFileSync(`/proc/${pid}/clear_refs`, '5'); // VmHWM begins anew: proc(5)
  const before = memoryOf(pid, 'VmHWM');
  const command = './mvm run -i linux cat < FILE | cmp - FILE';
  const over = new AbortController();
  const [{ ms }, lowest] = await Promise.all([
    ground.run(['sh', '-c', './mvm run -i linux cat < "$1" | cmp - "$1"', 'sh', file]).finally(() => over.abort()),
    lowestFreeInGuest(ground, over.signal),
  ]);
  return [
    { what: '1 GiB through cat, compared', unit: 'MB/s', samples: [GIB / 1e3 / ms], command },
    growth('  the service grows by', (memoryOf(pid, 'VmHWM') - before) / MIB, command),
    growth('  the guest, agent included, grows by', (freeBefore - lowest) / MIB, command),
  ];
}

const growth = (what: string, mib: number, command: string): Figure => ({
  what,
  unit: 'MiB',
  samples: [mib],
  bound: bound(64),
  command,
});

/** Bytes that do not repeat, so that a lost or swapped piece is noticed. */
async function writeNoise(path: string, bytes: number): Promise<void> {
  const zeros = Buffer.alloc(MIB);
  const chunks = Array.from({ length: bytes / MIB }, () => zeros);
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  await pipeline(Readable.from(chunks), cipher, createWriteStream(path));
}

function memoryOf(pid: number, field: 'VmHWM'): number {
  const kib = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm'))?.[1];
  return Number(kib) * 1024;
}

/** Programs do not see the agent, which is outside of their machine; what is free in the guest tells of it too. */
async function freeInGuest(ground: Ground, machine: string): Promise<number> {
  const { stdout } = await ground.run(['./mvm', 'exec', machine, 'grep', 'MemFree', '/proc/meminfo']);
  return Number(stdout.match(/(\d+) kB/)?.[1]) * 1024;
}

/** Of the machine that now begins to pipe, until it is over. */
async function lowestFreeInGuest(ground: Ground, over: AbortSignal): Promise<number> {
  const samples: number[] = [];
  while (!over.aborted) {
    await setTimeout(SAMPLE_EVERY_MS, undefined, { signal: ground.signal });
    const { machines } = await ground.call('machines', {});
    const piping = machines.find(({ spec, state }) => spec.process.argv[0] === 'cat' && state.name === 'running');
    // It may end while it is asked: then the samples before are what there is.
    const free = piping && (await freeInGuest(ground, piping.id).catch(() => null));
    if (free) samples.push(free);
  }
  return Math.min(...samples);
}
