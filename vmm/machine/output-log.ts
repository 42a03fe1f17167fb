/**
 * What a program printed, bounded, with both channels apart and every byte in its place.
 * A record torn by a crash is cut off.
 */
import { readFileSync } from 'node:fs';
import { type OutputChannel, STDERR, STDOUT } from '../contract/stream.ts';
import { BoundedFile, halvesOf } from './bounded-file.ts';
import { LogReader } from './log-reader.ts';
import { decode, encode } from './log-records.ts';
import type { OutputRecord, Positions, Scrollback, ScrollbackReader } from './scrollback.ts';

/** Bytes of one half of the file; at least one is kept. */
const HALF = 8 * 1024 * 1024;

export class OutputLog implements Scrollback {
  /** position in the file up to which each channel is on disk */
  readonly #ends: Positions = { [STDOUT]: 0, [STDERR]: 0 };
  readonly from: Positions;
  readonly #listeners = new Set<(record: OutputRecord) => void>();
  readonly #path: string;
  readonly #file: BoundedFile;

  /** `from`: where in the file the program's own output begins, `end` for a new one; before it stand earlier runs. */
  constructor(path: string, from: Positions | 'end' = 'end', half: number = HALF) {
    for (const record of readLog(path)) this.#ends[record.channel] = record.position + record.bytes.length;
    this.from = from === 'end' ? { ...this.#ends } : from;
    this.#path = path;
    this.#file = new BoundedFile(path, half);
    this.#file.truncate(decode(readFileSync(path)).length);
  }

  /** Bytes of the program that are on disk. */
  recorded(channel: OutputChannel): number {
    return Math.max(0, this.#ends[channel] - this.from[channel]);
  }

  /** Bytes already recorded are left out, so that output sent again after a restart stands here once. */
  append(channel: OutputChannel, position: number, bytes: Buffer, at: number): void {
    const place = this.from[channel] + position;
    const fresh = bytes.subarray(Math.max(0, this.#ends[channel] - place));
    if (fresh.length === 0) return;
    const record = { channel, at, position: place + bytes.length - fresh.length, bytes: fresh };
    this.#file.append(encode(record));
    this.#ends[channel] = place + bytes.length;
    for (const listener of this.#listeners) listener(record);
  }

  /** What comes before these positions is not kept: nobody will ask for it, or nobody has it any more. */
  startAt(positions: Positions): void {
    for (const channel of [STDOUT, STDERR] as const) {
      const position = this.from[channel] + positions[channel];
      if (position <= this.#ends[channel]) continue;
      this.#file.append(encode({ channel, at: 0, position, bytes: Buffer.alloc(0) }));
      this.#ends[channel] = position;
    }
  }

  /** Of what the program itself printed, without earlier runs. */
  reader(): ScrollbackReader {
    const file = this.#file;
    const reader = new LogReader({
      path: this.#path,
      get turns() {
        return file.turns;
      },
    });
    const next = (): OutputRecord | null => {
      for (let record = reader.next(); record; record = reader.next()) {
        const position = record.position - this.from[record.channel];
        if (position >= 0) return { ...record, position };
      }
      return null;
    };
    return { next, close: () => reader.close() };
  }

  onRecord(listener: (record: OutputRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#file.close();
  }
}

/** Every whole record, oldest first. */
export function* readLog(path: string): Generator<OutputRecord> {
  for (const half of halvesOf(path)) yield* decode(readFileSync(half)).records;
}
