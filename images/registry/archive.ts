/** The files of an uncompressed tar by name, read where they lie. Links among them lead to files of the same tar. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { MvmError } from '../../vmm/contract/errors.ts';
import { fileSource } from '../rootfs/byte-source.ts';
import { type ByteString, printable } from '../rootfs/byte-string.ts';
import { readTar, type TarEntry } from '../rootfs/tar.ts';
import type { Extent } from '../rootfs/tree.ts';
import { notLayout, type SourceFile } from './source.ts';

export interface Archive {
  /** null when there is none; a name from the archive itself can only find what is in it */
  file(name: string): Promise<SourceFile | null>;
}

/** @param shown the name for messages */
export async function openArchive(path: string, shown: string): Promise<Archive> {
  const members = await membersOf(path, shown);
  return {
    async file(name) {
      const extent = follow(members, name);
      return extent ? { size: extent.size, stream: () => partOf(path, extent) } : null;
    },
  };
}

/** By clean name; a link is the name that it leads to. */
type Members = Map<ByteString, Extent | ByteString>;

/** A layout has a file for each layer and a few more. */
const MAX_FILES = 10_000;
const MAX_NAME = 4096;

async function membersOf(path: string, shown: string): Promise<Members> {
  const handle = await open(path);
  const members: Members = new Map();
  let entries = 0;
  try {
    for (const entry of readTar(fileSource(handle.fd, (await handle.stat()).size))) {
      entries += 1;
      if (entries > MAX_FILES) throw notLayout(shown, `It contains more than ${MAX_FILES} files.`);
      if (entry.path.length > MAX_NAME) throw notLayout(shown, `A name in it is longer than ${MAX_NAME} bytes.`);
      const name = cleanName(entry.path);
      if (name === null) throw notLayout(shown, `${printable(entry.path)} leads out of it.`);
      const member = memberOf(entry, name);
      if (member !== null) members.set(name, member);
    }
    return members;
  } catch (error) {
    const isOtherFile = entries === 0 && error instanceof MvmError && error.code === 'image.corrupt';
    throw isOtherFile ? notLayout(shown, 'It is no tar archive.', error) : error;
  } finally {
    await handle.close();
  }
}

/** Without `.` and `..`; null when it leads out of the archive. */
function cleanName(path: ByteString): ByteString | null {
  const names: ByteString[] = [];
  for (const name of path.split('/')) {
    if (name === '..' && names.pop() === undefined) return null;
    if (name !== '' && name !== '.' && name !== '..') names.push(name);
  }
  return names.join('/');
}

/** Null for what is neither a file nor leads to one: folders above all. */
function memberOf(entry: TarEntry, name: ByteString): Extent | ByteString | null {
  switch (entry.kind) {
    case 'file':
      return entry.content;
    case 'hardlink':
      return cleanName(entry.target);
    case 'symlink':
      return cleanName(entry.target.startsWith('/') ? entry.target : `${name}/../${entry.target}`);
    default:
      return null;
  }
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

function follow(members: Members, name: string): Extent | null {
  let member = members.get(cleanName(name) ?? '');
  for (let links = 0; typeof member === 'string'; links++) {
    if (links === MAX_LINKS) throw corrupt(`${printable(name)} is a loop of links`);
    member = members.get(member);
  }
  return member ?? null;
}

function partOf(path: string, { offset, size }: Extent): Readable {
  if (size === 0) return Readable.from([]);
  return createReadStream(path, { start: offset, end: offset + size - 1 });
}

function corrupt(what: string): MvmError {
  return new MvmError('image.corrupt', `This image is damaged: ${what}.`);
}
