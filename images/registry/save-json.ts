import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asStorageError } from '../rootfs/storage-error.ts';
import { syncFolder } from '../rootfs/sync-folder.ts';

/** The old file or the new one is there, whatever happens meanwhile. */
export async function saveJson(path: string, document: object): Promise<void> {
  const partial = `${path}.partial-${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(partial, `${JSON.stringify(document, null, 2)}\n`, { flag: 'wx', mode: 0o600, flush: true });
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true });
    throw asStorageError(error, dirname(path));
  }
}
