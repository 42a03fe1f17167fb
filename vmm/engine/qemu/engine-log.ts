/** What QEMU says on stderr: the beginning in a file, the end in memory for errors. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { escapeControls } from './escape.ts';

/** A guest can make QEMU complain for ever; the first 64 KiB tell enough. */
const FILE_LIMIT = 64 * 1024;
const TAIL = 4 * 1024;

export class EngineLog {
  readonly #file: number | null;
  #room = FILE_LIMIT;
  #tail: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#file = open(path);
  }

  follow(stderr: Readable): void {
    stderr.on('data', (bytes: Buffer) => this.#take(bytes));
    stderr.once('close', () => this.#file !== null && closeSync(this.#file));
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
      if (this.#file !== null && kept.length > 0) writeSync(this.#file, kept);
    } catch {
      // A full disk costs the recording, not the machine; the tail still serves errors.
    }
  }
}

function open(path: string): number | null {
  try {
    return openSync(path, 'w', 0o600);
  } catch {
    // As above: what matters of it is told in errors.
    return null;
  }
}
