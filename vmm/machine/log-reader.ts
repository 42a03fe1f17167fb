/** Reads a log from its oldest record on, and goes on as the log grows: the file that is read stays open when it turns. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { olderHalf } from './bounded-file.ts';
import { decode } from './log-records.ts';
import type { OutputRecord, ScrollbackReader } from './scrollback.ts';

const CHUNK = 256 * 1024;

export interface ReadLog {
  path: string;
  /** how often it turned since it was opened: a reader in an older turn has more to read elsewhere */
  readonly turns: number;
}

export class LogReader implements ScrollbackReader {
  readonly #log: ReadLog;
  #turn: number;
  #file: number | null;
  /** where in the file what is not in `#rest` begins */
  #at = 0;
  #rest: Buffer = Buffer.alloc(0);
  #decoded: OutputRecord[] = [];

  constructor(log: ReadLog) {
    this.#log = log;
    const older = existsSync(olderHalf(log.path));
    this.#turn = older ? log.turns - 1 : log.turns;
    this.#file = open(older ? olderHalf(log.path) : log.path);
  }

  next(): OutputRecord | null {
    while (this.#decoded.length === 0) if (!this.#read() && !this.#turnOver()) return null;
    return this.#decoded.shift() ?? null;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  /** False at the end of the file. */
  #read(): boolean {
    if (this.#file === null) return false;
    const chunk = Buffer.allocUnsafe(CHUNK);
    const size = readSync(this.#file, chunk, 0, CHUNK, this.#at);
    if (size === 0) return false;
    this.#at += size;
    const bytes = Buffer.concat([this.#rest, chunk.subarray(0, size)]);
    const { records, length } = decode(bytes);
    this.#decoded = records;
    this.#rest = bytes.subarray(length);
    return true;
  }

  /** What was written since is in the next file; one who is too late for that finds a gap. False when there is none. */
  #turnOver(): boolean {
    const { path, turns } = this.#log;
    if (this.#turn >= turns) return false;
    this.close();
    this.#turn = Math.max(this.#turn + 1, turns - 1);
    this.#file = open(this.#turn === turns ? path : olderHalf(path));
    this.#at = 0;
    this.#rest = Buffer.alloc(0);
    return this.#file !== null;
  }
}

/** null when it is gone: its machine was removed, and nothing follows. */
function open(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
