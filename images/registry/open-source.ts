/** Opens what can be imported: an OCI layout in a folder or a tar, or a docker-archive; the tars compressed or not. */
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { openArchive } from './archive.ts';
import { dockerArchive } from './docker-archive.ts';
import { type LayoutSource, MAKE_ONE, notLayout } from './source.ts';
import { type SpoolOptions, uncompressed } from './uncompressed.ts';

export interface OpenSource extends LayoutSource {
  /** removes what was unpacked for it */
  close(): Promise<void>;
}

export async function openSource(path: string, options: SpoolOptions): Promise<OpenSource> {
  const found = await statOrNull(path);
  if (found === null) throw missing(path);
  if (found.isDirectory()) return { ...folderSource(path), close: async () => {} };
  if (found.isFile()) return archiveSource(path, options);
  throw notLayout(path, 'It is neither a folder nor a file.');
}

export function folderSource(folder: string): LayoutSource {
  return {
    async file(name) {
      const path = join(folder, name);
      const found = await statOrNull(path);
      return found?.isFile() ? { size: found.size, stream: () => createReadStream(path) } : null;
    },
  };
}

async function archiveSource(path: string, options: SpoolOptions): Promise<OpenSource> {
  const plain = await uncompressed(path, options);
  const close = async () => {
    if (plain !== path) await rm(plain, { force: true });
  };
  try {
    const archive = await openArchive(plain, path);
    const isLayout = (await archive.file('oci-layout')) !== null;
    const layout = isLayout ? archive : await dockerArchive(archive, path);
    return { file: (name) => layout.file(name), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function statOrNull(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}

function missing(path: string): MvmError {
  return new MvmError('image.source-missing', `There is no file or folder ${path}.`, { hint: MAKE_ONE });
}
