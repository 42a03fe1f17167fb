/** What QEMU says on stderr: the beginning in a file, the end in memory for errors. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { escapeControls } from './escape.ts';

/** A guest can make QEMU complain for ever; the first 64 KiB tell enough. */
const FILE_LIMIT = 64 * 1024;
const TAIL = 4 * 1024;

export class EngineLog {
  readonly #file: number;
  #room = FILE_LIMIT;
  #tail: Buffer = Buffer.alloc(0);

  constructor(stderr: Readable, path: string) {
    this.#file = openSync(path, 'w', 0o600);
    stderr.on('data', (bytes: Buffer) => this.#take(bytes));
    stderr.once('close', () => closeSync(this.#file));
  }

  lastLines(count: number): string[] {
    const lines = this.#tail.toString('utf8').split('\n').map(escapeControls);
    return lines.filter((line) => line !== '').slice(-count);
  }

  #take(bytes: Buffer): void {
    this.#tail = Buffer.concat([this.#tail, bytes]).subarray(-TAIL);
    const kept = bytes.subarray(0, this.#room);
    this.#room -= kept.length;
    try {
      if (kept.length > 0) writeSync(this.#file, kept);
    } catch {
      // A full disk costs the recording, not the machine; the tail still serves errors.
    }
  }
}
