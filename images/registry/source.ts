/** An OCI layout to import from: a folder, or the same folder in an uncompressed tar. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { MvmError } from '../../vmm/contract/errors.ts';
import { fileSource } from '../rootfs/byte-source.ts';
import { type ByteString, printable } from '../rootfs/byte-string.ts';
import { readTar } from '../rootfs/tar.ts';
import type { Extent } from '../rootfs/tree.ts';

export interface SourceFile {
  size: number;
  stream(): Readable;
}

export interface LayoutSource {
  /** null when there is no such file; `name` is one that we made ourselves, never the source's */
  file(name: string): Promise<SourceFile | null>;
}

export async function openSource(path: string): Promise<LayoutSource> {
  const found = await statOrNull(path);
  if (found === null) throw missing(path);
  if (found.isDirectory()) return folderSource(path);
  if (found.isFile()) return archiveSource(path);
  throw notLayout(path, 'It is neither a folder nor a file.');
}

function folderSource(folder: string): LayoutSource {
  return {
    async file(name) {
      const path = join(folder, name);
      const found = await statOrNull(path);
      return found?.isFile() ? { size: found.size, stream: () => createReadStream(path) } : null;
    },
  };
}

async function statOrNull(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}

async function archiveSource(path: string): Promise<LayoutSource> {
  const extents = await contentsOf(path);
  if (!extents.has('oci-layout') && extents.has('manifest.json')) throw dockerArchive(path);
  return {
    async file(name) {
      const extent = extents.get(name);
      return extent ? { size: extent.size, stream: () => partOf(path, extent) } : null;
    },
  };
}

/** A layout has a file for each layer and a few more. */
const MAX_FILES = 10_000;

async function contentsOf(path: string): Promise<Map<ByteString, Extent>> {
  const handle = await open(path);
  const extents = new Map<ByteString, Extent>();
  let entries = 0;
  try {
    await assertUncompressed(handle, path);
    for (const entry of readTar(fileSource(handle.fd, (await handle.stat()).size))) {
      entries += 1;
      if (entries > MAX_FILES) throw notLayout(path, `It contains more than ${MAX_FILES} files.`);
      if (entry.path.split('/').includes('..')) throw notLayout(path, `${printable(entry.path)} leads out of it.`);
      if (entry.kind === 'file') extents.set(entry.path.replace(/^(\.?\/)+/, ''), entry.content);
    }
    return extents;
  } catch (error) {
    const isOtherFile = entries === 0 && error instanceof MvmError && error.code === 'image.corrupt';
    throw isOtherFile ? notLayout(path, 'It is no tar archive.', error) : error;
  } finally {
    await handle.close();
  }
}

/** How files begin that a program compressed, in hexadecimal, and the program that undoes it. */
const compressions = { '1f8b': 'gunzip', '28b52ffd': 'unzstd', fd377a58: 'unxz', '425a68': 'bunzip2' };

async function assertUncompressed(handle: FileHandle, path: string): Promise<void> {
  const { buffer } = await handle.read({ buffer: Buffer.alloc(4), position: 0 });
  const undoing = Object.entries(compressions).find(([magic]) => buffer.toString('hex').startsWith(magic))?.[1];
  if (undoing === undefined) return;
  throw new MvmError('image.unsupported', `${path} is compressed.`, {
    hint: `Uncompress it first: ${undoing} ${path}`,
  });
}

function partOf(path: string, { offset, size }: Extent): Readable {
  if (size === 0) return Readable.from([]);
  return createReadStream(path, { start: offset, end: offset + size - 1 });
}

function dockerArchive(path: string): MvmError {
  return new MvmError('image.unsupported', `${path} is a docker-archive, which mvm does not read yet.`, {
    hint: `Turn it into an oci-archive: skopeo copy docker-archive:${path} oci-archive:image.oci.tar`,
  });
}

function missing(path: string): MvmError {
  return new MvmError('image.source-missing', `There is no file or folder ${path}.`, { hint: MAKE_ONE });
}

export const MAKE_ONE = 'Make one with: skopeo copy docker://IMAGE oci-archive:image.oci.tar';

export function notLayout(path: string, reason: string, cause?: MvmError): MvmError {
  return new MvmError('image.not-an-image', `${path} is no OCI image layout. ${reason}`, { hint: MAKE_ONE, cause });
}
