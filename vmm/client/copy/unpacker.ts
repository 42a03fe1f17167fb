/**
 * Writes what a guest sends to a folder of this host. The caller owns it all, set-id bits are gone, nothing but files,
 * folders and links within the copy is made, and nothing outside the folder is touched, whatever names say and whoever
 * plants links meanwhile. A file has its own name once it is whole.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { MvmError } from '../../contract/errors.ts';
import { type ArchiveEntry, readable, toBytes } from './archive.ts';
import type { ArchiveSink } from './archive-reader.ts';
import { Folder } from './folder.ts';
import { partsOf, refusalOf } from './names.ts';
import { choosePlace } from './place.ts';
import type { Tally } from './tally.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** What every further file would meet as well. */
const FATAL = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ESTALE']);

export class Unpacker implements ArchiveSink {
  readonly #to: string;
  readonly #expected: string;
  readonly #tally: Tally;
  readonly #temporary = `.mvm-copy-${randomBytes(6).toString('hex')}`;
  /** where all is put; its first entry decides */
  #root: Folder | null = null;
  /** what the names begin with, and the name that takes its place */
  #first: string[] = [];
  #name: string | null = null;
  /** how many folders lie between the root and the top of what is copied */
  #top = 0;
  /** the folder that was entered last */
  #at: { parts: string[]; folder: Folder } | null = null;
  /** folders whose mode and time are set when all is in them */
  #open: { parts: string[]; entry: ArchiveEntry }[] = [];
  /** the file that is being written */
  #file: { fd: number; folder: Folder; base: string; entry: ArchiveEntry } | null = null;

  /** The top of what comes must have the expected name: that alone is the caller's wish. */
  constructor(to: string, expected: string, tally: Tally) {
    this.#to = to;
    this.#expected = expected;
    this.#tally = tally;
  }

  /** The file that is not whole, if there is one. */
  get unfinished(): string | null {
    return this.#file && readable(this.#file.entry.name);
  }

  entry(entry: ArchiveEntry): void {
    this.#root ??= this.#begin(entry);
    this.#guarded(entry, () => {
      const parts = this.#placeOf(entry.name);
      this.#leaveFolders(parts);
      if (parts.length === 0 && entry.kind === 'folder') return;
      const why = parts.length === 0 ? 'has no name' : refusalOf(entry, parts.length - 1 - this.#top);
      if (why !== null) throw new LeftOut(why);
      this.#put(parts, entry);
    });
  }

  contents(bytes: Buffer): void {
    const file = this.#file;
    if (!file) return;
    this.#guarded(file.entry, () => {
      for (let at = 0; at < bytes.length; ) at += writeSync(file.fd, bytes, at);
    });
    this.#tally.bytes += bytes.length;
  }

  entryEnd(): void {
    const file = this.#file;
    if (!file) return;
    this.#guarded(file.entry, () => {
      finish(file.fd, file.entry);
      renameSync(file.folder.at(this.#temporary), file.folder.at(file.base));
      closeSync(file.fd);
      this.#file = null;
      this.#tally.files++;
    });
  }

  /** The last entry was whole; or none will be any more: what is not goes away. */
  close(): void {
    this.#dropFile();
    try {
      this.#leaveFolders(null);
    } finally {
      if (this.#at?.folder !== this.#root) this.#at?.folder.close();
      this.#root?.close();
      this.#at = this.#root = null;
    }
  }

  #begin(first: ArchiveEntry): Folder {
    if (first.name.replace(/\/$/, '') !== this.#expected)
      throw new MvmError('copy.garbled', `the machine sent ${readable(first.name)}, which is not what was asked for`);
    const { folder, name } = choosePlace(this.#to, first.kind === 'folder');
    if (first.kind === 'file') this.#tally.total = first.size;
    this.#name = name;
    this.#first = this.#expected === '.' ? [] : [this.#expected];
    this.#top = first.kind === 'folder' && (name !== null || this.#first.length > 0) ? 1 : 0;
    return Folder.open(folder);
  }

  /** Where below the root an entry lies. */
  #placeOf(name: string): string[] {
    const parts = partsOf(name);
    if (typeof parts === 'string') throw new LeftOut(parts);
    const within = this.#first.every((part, index) => parts[index] === part);
    if (!within) throw new LeftOut('lies beside what was asked for');
    return this.#name === null ? parts : [this.#name, ...parts.slice(this.#first.length)];
  }

  #put(parts: string[], entry: ArchiveEntry): void {
    const base = parts.at(-1) as string;
    const folder = this.#enter(parts.slice(0, -1));
    const there = lstatSync(folder.at(base), { throwIfNoEntry: false });
    if (there && there.isDirectory() !== (entry.kind === 'folder'))
      throw new LeftOut(there.isDirectory() ? 'would replace a folder' : 'would replace a file by a folder');
    if (entry.kind === 'file') {
      const fd = openSync(folder.at(this.#temporary), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      this.#file = { fd, folder, base, entry };
      return;
    }
    if (entry.kind === 'hardlink') this.#addName(folder, base, this.#placeOf(entry.target));
    else if (entry.kind === 'symlink') this.#addLink(folder, base, entry);
    else if (!there) {
      // One that is there keeps its mode: a guest has no say in who may enter the caller's folders.
      mkdirSync(folder.at(base), 0o700);
      this.#open.push({ parts, entry });
    }
    this.#tally.files++;
  }

  /** A further name of a file of this copy, or of one that was in the folder before. */
  #addName(folder: Folder, base: string, target: string[]): void {
    const other = target.at(-1) ?? '.';
    const from = this.#walk(target.slice(0, -1));
    try {
      if (!lstatSync(from.at(other)).isFile()) throw new LeftOut('is a second name of what is no file');
      linkSync(from.at(other), folder.at(this.#temporary));
    } finally {
      if (from !== this.#root) from.close();
    }
    this.#giveName(folder, base);
  }

  #addLink(folder: Folder, base: string, entry: ArchiveEntry): void {
    const temporary = folder.at(this.#temporary);
    symlinkSync(toBytes(entry.target), temporary);
    lutimesSync(temporary, timeOf(entry), timeOf(entry));
    this.#giveName(folder, base);
  }

  #giveName(folder: Folder, base: string): void {
    const temporary = folder.at(this.#temporary);
    try {
      renameSync(temporary, folder.at(base));
    } finally {
      // It is still there when both are names of one file (rename(2)), or when it cannot be.
      quietlyUnlink(temporary);
    }
  }

  #enter(parts: string[]): Folder {
    if (this.#at && sameParts(this.#at.parts, parts)) return this.#at.folder;
    const folder = this.#walk(parts);
    if (this.#at && this.#at.folder !== this.#root) this.#at.folder.close();
    this.#at = { parts, folder };
    return folder;
  }

  /** From the root down, a folder at a time: no link is followed. */
  #walk(parts: string[]): Folder {
    const root = this.#root as Folder;
    let folder = root;
    for (const part of parts) {
      const above = folder;
      try {
        folder = above.enter(part);
      } finally {
        if (above !== root) above.close();
      }
    }
    return folder;
  }

  /** Finishes the folders that the next entry does not lie in. */
  #leaveFolders(next: string[] | null): void {
    for (let last = this.#open.at(-1); last; last = this.#open.at(-1)) {
      const { parts, entry } = last;
      if (next && next.length > parts.length && parts.every((part, index) => next[index] === part)) return;
      this.#open.pop();
      this.#guarded(entry, () => finish(this.#enter(parts).fd, entry));
    }
  }

  /** What befalls one entry costs that one alone. */
  #guarded(entry: ArchiveEntry, act: () => void): void {
    try {
      act();
    } catch (error) {
      const why = error instanceof LeftOut ? error.message : this.#reason(entry, error as NodeJS.ErrnoException);
      this.#dropFile();
      this.#tally.leaveOut(`${readable(entry.name)} ${why}`);
    }
  }

  #reason(entry: ArchiveEntry, error: NodeJS.ErrnoException): string {
    const { code = '', message } = error;
    if (!/^E[A-Z0-9]+$/.test(code)) throw error;
    if (FATAL.has(code)) throw broken(entry, this.#to, code, error);
    return REASONS[code] ?? `cannot be written: ${message.split(',')[0]}`;
  }

  #dropFile(): void {
    if (!this.#file) return;
    const { fd, folder } = this.#file;
    this.#file = null;
    closeSync(fd);
    quietlyUnlink(folder.at(this.#temporary));
  }
}

/** Thrown for what costs one entry alone. */
class LeftOut extends Error {}

const REASONS: Record<string, string> = {
  // So the kernel calls a link in a folder's place as well.
  ENOTDIR: 'lies in what is no folder',
  ENOENT: 'lies in a folder that was not copied',
  ENAMETOOLONG: 'has a name that is too long here',
  EILSEQ: 'has a name that cannot be here',
};

function broken(entry: ArchiveEntry, to: string, code: string, cause: unknown): MvmError {
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new MvmError('disk.full', `there is no room for ${readable(entry.name)} in ${to}`, { cause });
  const message = `${readable(entry.name)} cannot be written to ${to}: ${(cause as Error).message}`;
  return new MvmError('copy.failed', message, { cause });
}

/** Exactly as in the guest, whatever the caller's mask, but for what would let others act as the caller. */
function finish(fd: number, entry: ArchiveEntry): void {
  fchmodSync(fd, entry.mode & (entry.kind === 'folder' ? 0o1777 : 0o777));
  futimesSync(fd, timeOf(entry), timeOf(entry));
}

/** Node takes times as floating point, exact to about a quarter of a microsecond; before 1970 it takes dates alone. */
function timeOf({ mtimeNs }: ArchiveEntry): number | Date {
  return mtimeNs < 0n ? new Date(Number(mtimeNs) / 1e6) : Number(mtimeNs) / 1e9;
}

const sameParts = (a: string[], b: string[]): boolean =>
  a.length === b.length && a.every((part, index) => b[index] === part);

function quietlyUnlink(path: Buffer): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone, which was wanted, or its folder is: then nobody finds it either.
  }
}
