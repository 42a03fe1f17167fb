/** A file that is only appended to and never holds more than two halves: when one is full it becomes the older one. */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs';
import { MvmError } from '../contract/errors.ts';

export class BoundedFile {
  readonly #path: string;
  readonly #half: number;
  #file: number;
  #size: number;
  /** how often a full half became the older one since it was opened */
  turns = 0;

  constructor(path: string, half: number) {
    this.#path = path;
    this.#half = half;
    this.#file = openSync(path, 'a', 0o600);
    this.#size = fstatSync(this.#file).size;
  }

  /** Whole or not at all. @throws MvmError `disk.full`, `disk.write` */
  append(bytes: Uint8Array): void {
    if (this.#size > 0 && this.#size + bytes.length > this.#half) this.#turn();
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (cause) {
      ftruncateSync(this.#file, this.#size);
      throw writeFailure(this.#path, cause);
    }
    this.#size += bytes.length;
  }

  truncate(size: number): void {
    if (size < this.#size) ftruncateSync(this.#file, size);
    this.#size = Math.min(size, this.#size);
  }

  close(): void {
    closeSync(this.#file);
  }

  #turn(): void {
    closeSync(this.#file);
    renameSync(this.#path, olderHalf(this.#path));
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#size = 0;
    this.turns++;
  }
}

export const olderHalf = (path: string): string => `${path}.1`;

/** The halves there are, older first. */
export const halvesOf = (path: string): string[] => [olderHalf(path), path].filter((half) => existsSync(half));

function writeFailure(path: string, cause: unknown): MvmError {
  const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
  return new MvmError(full ? 'disk.full' : 'disk.write', `${path} cannot be written: ${(cause as Error).message}`, {
    cause,
    ...(full && { hint: 'Free some space, or set MVM_HOME to a folder on a larger disk.' }),
  });
}
