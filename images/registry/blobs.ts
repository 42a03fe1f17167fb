/** Blobs in one folder, each named by its digest, each whole or not there. */
import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { asStorageError } from '../rootfs/storage-error.ts';
import { syncFolder } from '../rootfs/sync-folder.ts';

export interface BlobIdentity {
  digest: string;
  size: number;
}

export type BlobData = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes under a passing name, compares with what was promised, makes it durable, and names it. */
export async function putBlob(folder: string, data: BlobData, promised?: BlobIdentity): Promise<BlobIdentity> {
  const partial = join(folder, PARTIAL + randomBytes(8).toString('hex'));
  try {
    const found = await writeHashed(partial, data, promised?.size ?? Number.POSITIVE_INFINITY);
    if (promised) assertKept(promised, found);
    await rename(partial, blobPath(folder, found.digest));
    await syncFolder(folder);
    return found;
  } catch (error) {
    await rm(partial, { force: true });
    throw asStorageError(error, folder);
  }
}

export function blobPath(folder: string, digest: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new MvmError('image.bad-digest', `${JSON.stringify(digest.slice(0, 100))} is no SHA-256 digest.`);
  }
  return join(folder, digest.slice('sha256:'.length));
}

/** Removes all blobs but these, and what a killed writer left. */
export async function keepBlobs(folder: string, digests: ReadonlySet<string>): Promise<void> {
  const kept = new Set([...digests].map((digest) => blobPath(folder, digest)));
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  for (const path of paths) if (!kept.has(path)) await rm(path, { force: true, recursive: true });
}

const PARTIAL = '.partial-';

async function writeHashed(path: string, data: BlobData, limit: number): Promise<BlobIdentity> {
  const hash = createHash('sha256');
  let size = 0;
  await withFile(path, async (file) => {
    for await (const chunk of data) {
      size += chunk.length;
      // What is longer than promised may be endless.
      if (size > limit) break;
      hash.update(chunk);
      await file.writeFile(chunk);
    }
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
