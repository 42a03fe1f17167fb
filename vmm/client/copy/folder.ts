/**
 * A folder that is held open. Its files are reached through it and not by its path, so that nobody who exchanges a
 * folder for a link meanwhile redirects a write.
 *
 * Node has no openat. On Linux /proc/self/fd/N leads to the open folder itself, wherever it was moved, and the one name
 * behind it is all that the kernel still looks up. Elsewhere the path is used, after a look that it is still the same
 * folder; a moment remains for those who may write to the folder around it.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { toBytes } from './archive.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

export class Folder {
  readonly fd: number;
  readonly #path: Buffer;

  /** Links in the path are the caller's own, and followed. */
  static open(path: Buffer | string): Folder {
    return new Folder(openSync(path, O_RDONLY | O_DIRECTORY), Buffer.from(path as Buffer));
  }

  private constructor(fd: number, path: Buffer) {
    this.fd = fd;
    this.#path = path;
  }

  /** A folder in this one; a link in its place is refused by the kernel. */
  enter(name: string): Folder {
    return new Folder(openSync(this.at(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW), join(this.#path, name));
  }

  /** Where fs finds what has this name in it: one part, never `..`. */
  at(name: string): Buffer {
    if (process.platform === 'linux') return join(Buffer.from(`/proc/self/fd/${this.fd}`), name);
    const [ours, there] = [fstatSync(this.fd), lstatSync(this.#path)];
    if (ours.ino !== there.ino || ours.dev !== there.dev)
      throw Object.assign(new Error('the folder was exchanged meanwhile'), { code: 'ESTALE' });
    return join(this.#path, name);
  }

  close(): void {
    closeSync(this.fd);
  }
}

const join = (folder: Buffer, name: string): Buffer => Buffer.concat([folder, Buffer.from('/'), toBytes(name)]);
