/** The thread of one build: unpacks compressed layers, merges all of them, writes the disk. */
import { fstatSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { MvmError } from '../../vmm/contract/errors.ts';
import { fileSource } from './byte-source.ts';
import { diskUuid } from './disk-uuid.ts';
import { writeErofs } from './erofs.ts';
import { mergeLayers } from './layers.ts';
import { asStorageError } from './storage-error.ts';
import { readTar } from './tar.ts';
import { type Layer, unpack } from './unpack.ts';

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

export type JobReport =
  | { type: 'progress'; progress: DiskSize }
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
  const advance = progressReporter();
  const onBytes = (bytes: number) => advance(bytes, 0);
  const files: number[] = [];
  for (const [index, layer] of layers.entries()) {
    files.push(openSync(await unpack(layer, join(scratch, `layer-${index}`), onBytes), 'r'));
  }
  const archives = files.map((file) => readTar(fileSource(file, fstatSync(file).size)));
  const root = mergeLayers(archives, () => advance(0, 1));
  return writeErofs({ root, layers: files, disk: openSync(disk, 'wx+', 0o600), uuid: diskUuid(uuidFrom), onBytes });
}

/** A message for every 8 MiB or 5,000 entries: some tens for a common image. */
function progressReporter(): (bytes: number, entries: number) => void {
  const progress = { bytes: 0, entries: 0 };
  let reported = { ...progress };
  return (bytes, entries) => {
    progress.bytes += bytes;
    progress.entries += entries;
    const isWorthIt = progress.bytes - reported.bytes >= 8 << 20 || progress.entries - reported.entries >= 5000;
    if (!isWorthIt) return;
    reported = { ...progress };
    report({ type: 'progress', progress: reported });
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
