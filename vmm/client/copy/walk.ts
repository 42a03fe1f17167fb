/** A file or tree of this host as an archive, in pieces of one size, read as they are wanted. */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { basename, resolve } from 'node:path';
import { MvmError } from '../../contract/errors.ts';
import {
  ARCHIVE_END,
  type ArchiveEntry,
  type ArchiveKind,
  encodeEntry,
  fromBytes,
  paddingOf,
  readable,
} from './archive.ts';
import { Folder } from './folder.ts';
import type { Tally } from './tally.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** 64 KiB: what a frame holds. */
const PIECE = 64 * 1024;

/** Bytes of a file that says it has none, 16 MiB: held in memory, for its size stands before it in the archive. */
const MOST_UNANNOUNCED = 16 * 1024 * 1024;

/** What to copy, as docker reads a path: a slash or `/.` at its end says something. */
export interface Source {
  path: string;
  /** the name at the archive's top, `.` for a folder's contents */
  name: string;
  found: BigIntStats;
}

/** @throws MvmError `copy.not-found`, `copy.no-folder`, `copy.failed` */
export function readSource(path: string, follow: boolean): Source {
  const contents = path === '.' || path === '/' || path.endsWith('/.');
  const folder = contents || path.endsWith('/');
  const found = look(path, follow || folder);
  if (folder && !found.isDirectory()) throw new MvmError('copy.no-folder', `${path} is not a folder`);
  return { path, name: contents ? '.' : fromBytes(Buffer.from(basename(resolve(path)))), found };
}

function look(path: string, follow: boolean): BigIntStats {
  try {
    return (follow ? statSync : lstatSync)(path, { bigint: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new MvmError('copy.not-found', `there is no ${path} here`, { cause });
    throw new MvmError('copy.failed', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

export function* archiveOf(source: Source, tally: Tally): Generator<Buffer> {
  yield* inPieces(new Walk(tally).all(source));
}

/** Small ones together; what is handed out is not used again. */
function* inPieces(parts: Iterable<Buffer>): Generator<Buffer> {
  let piece = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const count = part.copy(piece, filled, at);
      at += count;
      filled += count;
      if (filled < PIECE) continue;
      yield piece;
      piece = Buffer.allocUnsafe(PIECE);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

class Walk {
  readonly #tally: Tally;
  /** of files with several names, the first */
  readonly #names = new Map<string, string>();
  readonly #space = Buffer.allocUnsafe(PIECE);

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  *all({ path, name, found }: Source): Generator<Buffer> {
    if (found.isFile()) this.#tally.total = Number(found.size);
    if (found.isDirectory()) yield* this.#folder(() => Folder.open(path), name, found);
    else yield* this.#single(() => Buffer.from(path), 0, name, found);
    yield ARCHIVE_END;
  }

  *#folder(open: () => Folder, name: string, found: BigIntStats): Generator<Buffer> {
    const folder = this.#trying(name, open);
    if (!folder) return;
    try {
      yield this.#entry(`${name}/`, 'folder', found);
      for (const base of this.#list(folder, name)) yield* this.#child(folder, base, name);
    } finally {
      folder.close();
    }
  }

  *#list(folder: Folder, name: string): Generator<string> {
    // Node has names as bytes here, and its types have not.
    const asBytes = { encoding: 'buffer' as BufferEncoding };
    const listing = this.#trying(name, () => opendirSync(folder.at('.'), asBytes));
    if (!listing) return;
    try {
      for (let next = listing.readSync(); next; next = listing.readSync())
        yield fromBytes(next.name as unknown as Uint8Array);
    } finally {
      listing.closeSync();
    }
  }

  *#child(folder: Folder, base: string, above: string): Generator<Buffer> {
    const name = `${above}/${base}`;
    const found = this.#trying(name, () => lstatSync(folder.at(base), { bigint: true }));
    if (!found) return;
    if (found.isDirectory()) yield* this.#folder(() => folder.enter(base), name, found);
    else yield* this.#single(() => folder.at(base), O_NOFOLLOW, name, found);
  }

  *#single(path: () => Buffer, flags: number, name: string, found: BigIntStats): Generator<Buffer> {
    const id = `${found.dev}:${found.ino}`;
    const first = this.#names.get(id);
    if (first !== undefined) {
      yield this.#entry(name, 'hardlink', found, { target: first });
      return;
    }
    if (found.isFile()) {
      if (!(yield* this.#file(path, flags, name))) return;
    } else if (found.isSymbolicLink()) {
      const target = this.#trying(name, () => readlinkSync(path(), { encoding: 'buffer' }));
      if (!target) return;
      yield this.#entry(name, 'symlink', found, { target: fromBytes(target) });
    } else if (found.isSocket()) {
      this.#leaveOut(name, 'is a socket');
      return;
    } else yield this.#entry(name, found.isFIFO() ? 'fifo' : found.isBlockDevice() ? 'block' : 'character', found);
    if (found.nlink > 1n) this.#names.set(id, name);
  }

  /** As many bytes as it has when it is opened, whatever happens to it meanwhile. */
  *#file(path: () => Buffer, flags: number, name: string): Generator<Buffer, boolean> {
    // It may have become a FIFO since we looked: that must not stop us.
    const fd = this.#trying(name, () => openSync(path(), O_RDONLY | O_NONBLOCK | flags));
    if (fd === null) return false;
    try {
      const found = fstatSync(fd, { bigint: true });
      if (!found.isFile()) {
        this.#leaveOut(name, 'has just become something else');
        return false;
      }
      const size = Number(found.size);
      const unannounced = size === 0 ? this.#unannounced(fd, name) : Buffer.alloc(0);
      if (!unannounced) return false;
      yield this.#entry(name, 'file', found, { size: size + unannounced.length });
      yield unannounced;
      this.#tally.bytes += unannounced.length;
      yield* this.#contents(fd, name, size);
      yield Buffer.alloc(paddingOf(size + unannounced.length));
      return true;
    } finally {
      closeSync(fd);
    }
  }

  /** The archive has announced its size: what is missing is zeros. */
  *#contents(fd: number, name: string, size: number): Generator<Buffer> {
    for (let left = size; left > 0; ) {
      const count = this.#trying(name, () => readSync(fd, this.#space, 0, Math.min(left, PIECE), null));
      if (!count) {
        this.#leaveOut(name, `has become shorter: its last ${left} bytes are zeros`);
        for (; left > 0; left -= PIECE) yield Buffer.alloc(Math.min(left, PIECE));
        break;
      }
      yield this.#space.subarray(0, count);
      this.#tally.bytes += count;
      left -= count;
    }
  }

  /** What is in a file of size 0: /proc has nothing else, for the kernel makes its files up as they are read. */
  #unannounced(fd: number, name: string): Buffer | null {
    const parts: Buffer[] = [];
    for (let bytes = 0; bytes <= MOST_UNANNOUNCED; ) {
      const count = this.#trying(name, () => readSync(fd, this.#space, 0, PIECE, null));
      if (count === null) return null;
      if (count === 0) return Buffer.concat(parts);
      parts.push(Buffer.from(this.#space.subarray(0, count)));
      bytes += count;
    }
    this.#leaveOut(name, 'has a size of 0 and more in it than can be held');
    return null;
  }

  #entry(name: string, kind: ArchiveKind, found: BigIntStats, more: Partial<ArchiveEntry> = {}): Buffer {
    this.#tally.files++;
    const { mode, uid, gid, rdev } = found;
    return encodeEntry({
      name,
      kind,
      mode: Number(mode & 0o7777n),
      uid: Number(uid),
      gid: Number(gid),
      size: 0,
      mtimeNs: found.mtimeNs,
      target: '',
      // As glibc's major and minor have it; they are 0 for what is no device.
      major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
      minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
      ...more,
    });
  }

  /** Null, and told, when this one cannot be read: the rest goes on. */
  #trying<T>(name: string, act: () => T): T | null {
    try {
      return act();
    } catch (error) {
      this.#leaveOut(name, `cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
      return null;
    }
  }

  #leaveOut(name: string, why: string): void {
    this.#tally.leaveOut(`${readable(name)} ${why}`);
  }
}
