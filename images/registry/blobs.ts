/** Blobs in one folder, each named by its digest, each whole or not there. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { writeFully } from '../rootfs/holey-file.ts';
import { asStorageError } from '../rootfs/storage-error.ts';
import { syncFolder } from '../rootfs/sync-folder.ts';
import { isZero } from '../rootfs/zeros.ts';

export interface BlobIdentity {
  digest: string;
  size: number;
}

export interface BlobInput {
  data: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  promised: BlobIdentity;
}

/**
 * All or none: each is written under a passing name, compared with what was promised and made durable; only when `use`
 * is done with them are they named. So what fails, or is killed, on the way leaves no blob that nobody needs.
 */
export async function putBlobs(
  folder: string,
  blobs: Iterable<BlobInput> | AsyncIterable<BlobInput>,
  use: (pathOf: (digest: string) => string) => Promise<void> = async () => {},
): Promise<void> {
  const partials = new Map<string, string>();
  try {
    for await (const { data, promised } of blobs) {
      const partial = join(folder, PARTIAL + randomBytes(8).toString('hex'));
      partials.set(promised.digest, partial);
      assertKept(promised, await writeHashed(partial, data, promised.size));
    }
    await use((digest) => partials.get(digest) ?? blobPath(folder, digest));
    for (const [digest, partial] of partials) await rename(partial, blobPath(folder, digest));
    await syncFolder(folder);
  } catch (error) {
    for (const partial of partials.values()) await rm(partial, { force: true });
    throw asStorageError(error, folder);
  }
}

/** Whether the blob is there, and is what its name says. */
export async function holdsBlob(folder: string, { digest, size }: BlobIdentity): Promise<boolean> {
  const path = blobPath(folder, digest);
  try {
    if ((await stat(path)).size !== size) return false;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return digest === `sha256:${hash.digest('hex')}`;
}

export function blobPath(folder: string, digest: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new MvmError('image.bad-digest', `${JSON.stringify(digest.slice(0, 100))} is no SHA-256 digest.`);
  }
  return join(folder, digest.slice('sha256:'.length));
}

/** Removes what a killed writer left; for the service's start, when nothing is being written. */
export async function removeUnfinishedBlobs(folder: string): Promise<void> {
  const unfinished = (await readdir(folder)).filter((name) => name.startsWith(PARTIAL));
  await Promise.all(unfinished.map((name) => rm(join(folder, name), { force: true })));
}

/** Removes all blobs but these, and but those that are being written. */
export async function keepBlobs(folder: string, digests: ReadonlySet<string>): Promise<void> {
  const kept = new Set([...digests].map((digest) => blobPath(folder, digest)));
  const names = (await readdir(folder)).filter((name) => !name.startsWith(PARTIAL));
  for (const path of names.map((name) => join(folder, name)))
    if (!kept.has(path)) await rm(path, { force: true, recursive: true });
}

/** How names of unfinished files begin. */
export const PARTIAL = '.partial-';

async function writeHashed(path: string, data: BlobInput['data'], limit: number): Promise<BlobIdentity> {
  const hash = createHash('sha256');
  let size = 0;
  await withFile(path, async (file) => {
    for await (const chunk of data) {
      // What is longer than promised may be endless.
      if (size + chunk.length > limit) {
        size += chunk.length;
        break;
      }
      hash.update(chunk);
      if (!isZero(chunk)) await writeFully(file, chunk, size);
      size += chunk.length;
    }
    await file.truncate(size);
    await file.sync();
  });
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

async function withFile(path: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

function assertKept(promised: BlobIdentity, found: BlobIdentity): void {
  if (found.size !== promised.size) {
    const much = found.size > promised.size ? 'more' : 'fewer';
    throw damaged(`the blob ${promised.digest} has ${much} than its ${promised.size} bytes`);
  }
  if (found.digest !== promised.digest) throw damaged(`the blob ${promised.digest} has the digest ${found.digest}`);
}

function damaged(what: string): MvmError {
  return new MvmError('image.corrupt', `This image is damaged: ${what}.`);
}
