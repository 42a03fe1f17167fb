import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asStorageError } from '../rootfs/storage-error.ts';
import { syncFolder } from '../rootfs/sync-folder.ts';

/** The old file or the new one is there, whatever happens meanwhile. */
export async function saveJson(path: string, document: object): Promise<void> {
  const partial = `${path}${PARTIAL}${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(partial, `${JSON.stringify(document, null, 2)}\n`, { flag: 'wx', mode: 0o600, flush: true });
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true });
    throw asStorageError(error, dirname(path));
  }
}

const PARTIAL = '.partial-';

/** Removes what a killed writer of this file left. */
export async function removeUnfinishedJson(path: string): Promise<void> {
  const names = await readdir(dirname(path));
  const unfinished = names.filter((name) => name.startsWith(basename(path) + PARTIAL));
  await Promise.all(unfinished.map((name) => rm(join(dirname(path), name), { force: true })));
}
