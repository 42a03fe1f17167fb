/** The rate of the TSC that TCG shows its guests: the host's own, which no program may simply ask for. */
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineSockets } from '../engine.ts';
import type { GuestSystem } from './plan.ts';
import { openSocket } from './socket.ts';
import { decodeReading, READING_BYTES, type Reading, rulerKernel } from './tsc-ruler.ts';

/** Between the first and the last readings, in ms: a microsecond's doubt at each end is then 10 millionths. */
const APART_MS = 200;
/** At each end: the one that was disturbed least counts. */
const READINGS = 8;

/** Writes the ruler into a folder. */
export async function rulerSystem(folder: string): Promise<GuestSystem> {
  const kernel = join(folder, 'tsc-ruler');
  await writeFile(kernel, rulerKernel());
  return { kernel, initramfs: null, devices: [], commandLine: () => '' };
}

/** Reads a running ruler; kHz. */
export async function readTscKhz({ console }: Pick<EngineSockets, 'console'>, signal: AbortSignal): Promise<number> {
  const socket = await openSocket(console, signal, true);
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
  // `close` follows, and ends the reading.
  socket.on('error', () => socket.destroy());
  try {
    const first = await readings(socket);
    await pause(APART_MS, undefined, { signal });
    return rateBetween(least(first), least(await readings(socket)));
  } finally {
    socket.destroy();
  }
}

async function readings(socket: Socket): Promise<Reading[]> {
  const found: Reading[] = [];
  while (found.length < READINGS) found.push(await reading(socket));
  return found;
}

function reading(socket: Socket): Promise<Reading> {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const take = (bytes: Buffer) => {
      got = Buffer.concat([got, bytes]);
      if (got.length < READING_BYTES) return;
      socket.off('data', take).off('close', lost);
      resolve(decodeReading(got));
    };
    const lost = () => reject(new Error('the ruler is gone'));
    socket.on('data', take).once('close', lost);
    socket.write('?');
  });
}

/** The reading during which least time passed: its timer value lies closest to its TSC values. */
const least = (found: Reading[]): Reading => found.reduce((best, each) => (width(each) < width(best) ? each : best));

const width = ({ tscBefore, tscAfter }: Reading): bigint => tscAfter - tscBefore;

export function rateBetween(from: Reading, to: Reading): number {
  const ticks = Number(middle(to) - middle(from));
  return Math.round((ticks / (to.ns - from.ns)) * 1e6);
}

const middle = ({ tscBefore, tscAfter }: Reading): bigint => (tscBefore + tscAfter) / 2n;
