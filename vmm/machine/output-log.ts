/**
 * What a kept machine's program printed, bounded, with both channels apart and every byte in its place.
 *
 * Records: u8 channel, u32 length, f64 Unix ms, u64 position of the first byte in its channel, then the bytes; little
 * endian. A record torn by a crash is cut off.
 */
import { readFileSync } from 'node:fs';
import { type OutputChannel, STDERR, STDOUT } from '../contract/stream.ts';
import { BoundedFile, halvesOf } from './bounded-file.ts';

/** Bytes of one half of the file; at least one is kept. */
const HALF = 8 * 1024 * 1024;
const HEADER = 21;

export interface OutputRecord {
  channel: OutputChannel;
  at: number;
  position: number;
  bytes: Buffer;
}

export type LogPositions = Record<OutputChannel, number>;

export class OutputLog {
  /** position in the file up to which each channel is on disk */
  readonly #ends: LogPositions = { [STDOUT]: 0, [STDERR]: 0 };
  readonly from: LogPositions;
  readonly #listeners = new Set<(record: OutputRecord) => void>();
  readonly #file: BoundedFile;

  /** `from`: where in the file the program's own output begins, `end` for a new one; before it stand earlier runs. */
  constructor(path: string, from: LogPositions | 'end' = 'end', half: number = HALF) {
    for (const record of readLog(path)) this.#ends[record.channel] = record.position + record.bytes.length;
    this.from = from === 'end' ? { ...this.#ends } : from;
    this.#file = new BoundedFile(path, half);
    this.#file.truncate(wholeLength(readFileSync(path)));
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
  for (const half of halvesOf(path)) yield* decode(readFileSync(half));
}

function encode(record: OutputRecord): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(record.channel, 0);
  header.writeUInt32LE(record.bytes.length, 1);
  header.writeDoubleLE(record.at, 5);
  header.writeBigUInt64LE(BigInt(record.position), 13);
  return Buffer.concat([header, record.bytes]);
}

function* decode(file: Buffer): Generator<OutputRecord> {
  for (let at = 0; at + HEADER <= file.length; ) {
    const length = file.readUInt32LE(at + 1);
    const channel = file.readUInt8(at);
    if (at + HEADER + length > file.length || (channel !== STDOUT && channel !== STDERR)) return;
    yield {
      channel,
      at: file.readDoubleLE(at + 5),
      position: Number(file.readBigUInt64LE(at + 13)),
      bytes: file.subarray(at + HEADER, at + HEADER + length),
    };
    at += HEADER + length;
  }
}

function wholeLength(file: Buffer): number {
  let whole = 0;
  for (const record of decode(file)) whole += HEADER + record.bytes.length;
  return whole;
}
