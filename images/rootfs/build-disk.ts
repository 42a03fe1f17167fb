/** Builds an image's disk in a thread of its own, so that the service goes on answering. */
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { MvmError } from '../../vmm/contract/errors.ts';
import { asStorageError } from './storage-error.ts';
import { syncFolder } from './sync-folder.ts';
import type { Layer } from './unpack.ts';
import type { BuildProgress, DiskJob, DiskSize, JobReport } from './worker.ts';

export interface DiskInput {
  /** lowest first */
  layers: Layer[];
  out: string;
  /** text that the file system's UUID is derived from: the image's digest */
  uuidFrom: string;
}

export interface DiskOptions {
  signal?: AbortSignal;
  onProgress?: (progress: BuildProgress) => void;
  /** the worker's own bundle, where there is one */
  workerUrl?: URL;
}

/** `out` appears whole or not at all. Same layers, same bytes. */
export async function buildDisk({ layers, out, uuidFrom }: DiskInput, options: DiskOptions = {}): Promise<DiskSize> {
  options.signal?.throwIfAborted();
  try {
    const scratch = await mkdtemp(out + UNFINISHED);
    try {
      const disk = join(scratch, 'disk');
      const size = await inWorker({ layers, uuidFrom, scratch, disk }, options);
      await rename(disk, out);
      await syncFolder(dirname(out));
      return size;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  } catch (error) {
    throw asStorageError(error, dirname(out));
  }
}

const UNFINISHED = '.building-';

/** Removes what a killed service left behind; for its start, when nothing is being built. */
export async function removeUnfinishedDisks(folder: string): Promise<void> {
  const names = await readdir(folder);
  const unfinished = names.filter((name) => name.includes(UNFINISHED));
  await Promise.all(unfinished.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** MiB of heap: the largest tree that is taken, a million files, needs about 1,200. */
const HEAP = 2048;

async function inWorker(job: DiskJob, { signal, onProgress, workerUrl }: DiskOptions): Promise<DiskSize> {
  const worker = new Worker(workerUrl ?? new URL('./worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
  });
  const { promise, resolve, reject } = Promise.withResolvers<DiskSize>();
  worker.on('message', (report: JobReport) => {
    if (report.type === 'progress') onProgress?.(report.progress);
    else if (report.type === 'done') resolve(report.result);
    else reject(new MvmError(report.code, report.message, report));
  });
  worker.on('error', (error) => reject(isOutOfMemory(error) ? tooLarge(error) : error));
  worker.on('exit', () => reject(new MvmError('image.build-failed', 'The thread that built the disk ended early.')));
  const abort = () => reject(signal?.reason);
  signal?.addEventListener('abort', abort);
  try {
    return await promise;
  } finally {
    signal?.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function tooLarge(cause: unknown): MvmError {
  return new MvmError('image.too-large', `The list of this image's files takes more than ${HEAP} MiB.`, { cause });
}
