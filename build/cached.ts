/**
 * A folder of the cache that is named by a digest of everything that shaped it. It is filled under another name and
 * renamed when whole, so a build that dies, or two at once, leave nothing half done under the final name.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface CachedFolder {
  folder: string;
  digest: string;
}

export async function cached(options: {
  cache: string;
  /** what is built, and for which machine: the first part of the folder's name */
  name: string;
  /** by name, digests or versions of everything that shapes the result; written to its build.json */
  inputs: Record<string, string>;
  /** Fills `result`. `work` is for what is not kept. */
  build: (folders: { result: string; work: string }) => Promise<void>;
}): Promise<CachedFolder> {
  const { cache, name, inputs } = options;
  const digest = sha256(JSON.stringify(inputs)).slice(0, 16);
  const folder = join(cache, `${name}-${digest}`);
  if (existsSync(folder)) return { folder, digest };
  removeDeadBuilds(cache, name);
  const unfinished = join(cache, `${unfinishedPrefix(name)}${process.pid}-${randomUUID().slice(0, 8)}`);
  const result = join(unfinished, 'result');
  const work = workFolder(unfinished);
  try {
    for (const made of [result, work]) mkdirSync(made, { recursive: true });
    await options.build({ result, work });
    await writeFile(join(result, 'build.json'), `${JSON.stringify(inputs, null, 2)}\n`);
    syncFiles(result);
    moveInto(result, folder);
  } finally {
    for (const left of [work, unfinished]) rmSync(left, { recursive: true, force: true, maxRetries: 3 });
  }
  return { folder, digest };
}

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** For files too large to hold in memory. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Of the files of a folder but its tests. */
export function digestOfFolder(folder: string): string {
  const names = readdirSync(folder).filter((name) => !name.endsWith('.test.ts'));
  return sha256(
    names
      .toSorted()
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\0'),
  );
}

/** Linux's makefiles refuse a path with spaces or colons; only then is the work done under the temporary folder. */
function workFolder(unfinished: string): string {
  return /[\s:]/.test(unfinished) ? mkdtempSync(join(tmpdir(), 'mvm-build-')) : join(unfinished, 'work');
}

const unfinishedPrefix = (name: string): string => `unfinished-${name}-`;

/** Builds whose process is gone. One of another host on a shared cache may look dead too; it then fails and says so. */
function removeDeadBuilds(cache: string, name: string): void {
  if (!existsSync(cache)) return;
  for (const entry of readdirSync(cache)) {
    const pid = entry.startsWith(unfinishedPrefix(name))
      ? Number.parseInt(entry.slice(unfinishedPrefix(name).length), 10)
      : 0;
    if (pid && !isAlive(pid)) rmSync(join(cache, entry), { recursive: true, force: true, maxRetries: 3 });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function syncFiles(folder: string): void {
  for (const path of [...readdirSync(folder).map((name) => join(folder, name)), folder]) {
    const handle = openSync(path, 'r');
    fsyncSync(handle);
    closeSync(handle);
  }
}

function moveInto(result: string, folder: string): void {
  try {
    renameSync(result, folder);
  } catch (error) {
    // Another build of the same inputs was faster: its result is as good as ours.
    if (!existsSync(folder)) throw error;
  }
}
