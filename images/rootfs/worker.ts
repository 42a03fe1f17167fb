/** The thread of one build: unpacks compressed layers, merges all of them, writes the disk. */
import { fstatSync, fsyncSync, futimesSync, openSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { MvmError } from '../../vmm/contract/errors.ts';
import { fileSource } from './byte-source.ts';
import { MAX_UNPACKED } from './compression.ts';
import { diskUuid } from './disk-uuid.ts';
import { writeErofs } from './erofs.ts';
import { mergeLayers } from './layers.ts';
import { asStorageError } from './storage-error.ts';
import { readTar } from './tar.ts';
import { type Layer, unpack } from './unpack.ts';
import { SEALED } from './whole-disk.ts';

export interface DiskJob {
  layers: Layer[];
  uuidFrom: string;
  /** folder for unpacked layers and the disk, owned and removed by who started us */
  scratch: string;
  disk: string;
}

export interface DiskSize {
  bytes: number;
  entries: number;
}

export type BuildProgress = { step: 'unpacking' | 'writing'; done: number; total: number };

export type JobReport =
  | { type: 'progress'; progress: BuildProgress }
  | { type: 'done'; result: DiskSize }
  | { type: 'failed'; code: string; message: string; hint?: string; details?: Record<string, unknown> };

const job: DiskJob = workerData;
try {
  report({ type: 'done', result: await build(job) });
} catch (error) {
  report(failure(asStorageError(error, dirname(job.scratch))));
}

/** Descriptors are left to the thread's end, which closes them (trackUnmanagedFds). */
async function build({ layers, uuidFrom, scratch, disk }: DiskJob): Promise<DiskSize> {
  const total = layers.reduce((sum, { path }) => sum + statSync(path).size, 0);
  const onRead = reporter('unpacking', total);
  const files: number[] = [];
  let limit = MAX_UNPACKED;
  const onBytes = (count: number) => {
    limit -= count;
  };
  for (const [index, layer] of layers.entries()) {
    const path = await unpack(layer, join(scratch, `layer-${index}`), { onRead, onBytes, limit });
    files.push(openSync(path, 'r'));
  }
  const root = mergeLayers(files.map((file) => readTar(fileSource(file, fstatSync(file).size))));
  const out = openSync(disk, 'wx+', 0o600);
  const onSize = (bytes: number) => reporter('writing', bytes);
  const result = writeErofs({ root, layers: files, disk: out, uuid: diskUuid(uuidFrom), onSize });
  futimesSync(out, SEALED, SEALED);
  fsyncSync(out);
  return result;
}

/** A message at the beginning and for every 8 MiB: some tens for a common image. */
function reporter(step: BuildProgress['step'], total: number): (bytes: number) => void {
  let done = 0;
  let told = 0;
  const tell = () => {
    told = done;
    report({ type: 'progress', progress: { step, done, total } });
  };
  tell();
  return (bytes) => {
    done += bytes;
    if (done - told >= 8 << 20) tell();
  };
}

/** Errors lose their class and their own fields between threads: these are their plain parts. */
function failure(error: unknown): JobReport {
  if (!(error instanceof MvmError)) return { type: 'failed', code: 'image.build-failed', message: String(error) };
  const { code, message, hint, details } = error;
  return { type: 'failed', code, message, ...(hint && { hint }), ...(details && { details }) };
}

function report(message: JobReport): void {
  parentPort?.postMessage(message);
}
