/** What a program printed, kept within bounds, and read from any place that is still kept. */
import { type OutputChannel, STDERR, STDOUT } from '../contract/stream.ts';

export type Positions = Record<OutputChannel, number>;

export interface OutputRecord {
  channel: OutputChannel;
  /** Unix ms */
  at: number;
  /** of its first byte in its channel */
  position: number;
  bytes: Buffer;
}

export interface Scrollback {
  /** position up to which a channel is kept */
  recorded(channel: OutputChannel): number;
  /** begins with the oldest record, and goes on as more are kept */
  reader(): ScrollbackReader;
}

export interface ScrollbackReader {
  /** null when there is none yet; a gap before it was too old to be kept */
  next(): OutputRecord | null;
  close(): void;
}

/** Scrollback in memory, for what ends with the service anyway. */
export class Recollection implements Scrollback {
  readonly #most: number;
  readonly #ends: Positions = { [STDOUT]: 0, [STDERR]: 0 };
  readonly #records: OutputRecord[] = [];
  #bytes = 0;
  /** how many records are forgotten */
  #forgotten = 0;

  constructor(mostBytes: number, from?: Positions) {
    this.#most = mostBytes;
    Object.assign(this.#ends, from);
  }

  recorded(channel: OutputChannel): number {
    return this.#ends[channel];
  }

  append(channel: OutputChannel, bytes: Buffer, at: number): void {
    this.#records.push({ channel, at, position: this.#ends[channel], bytes });
    this.#ends[channel] += bytes.length;
    this.#bytes += bytes.length;
    while (this.#bytes > this.#most) this.#forgetOne();
  }

  reader(): ScrollbackReader {
    let next = 0;
    return {
      next: () => {
        next = Math.max(next, this.#forgotten);
        const record = this.#records[next - this.#forgotten] ?? null;
        if (record) next++;
        return record;
      },
      close: () => undefined,
    };
  }

  #forgetOne(): void {
    this.#bytes -= this.#records.shift()?.bytes.length ?? 0;
    this.#forgotten++;
  }
}

/** Where the last `most` bytes of both channels together begin: at a line's beginning, where there is one. */
export function tailOf(scrollback: Scrollback, most: number): Positions {
  const { records, spare, cut } = lastRecords(scrollback, most);
  const from: Positions = { [STDOUT]: scrollback.recorded(STDOUT), [STDERR]: scrollback.recorded(STDERR) };
  for (const { channel, position } of records.toReversed()) from[channel] = position;
  const first = records[0];
  if (!first || !cut) return from;
  from[first.channel] = first.position + spare;
  const newline = nextNewline(records, spare);
  return newline === null ? from : { ...from, [first.channel]: newline };
}

/** The records that hold them, what the first has too much, and whether anything stood before. */
function lastRecords(scrollback: Scrollback, most: number): { records: OutputRecord[]; spare: number; cut: boolean } {
  const records: OutputRecord[] = [];
  const reader = scrollback.reader();
  let bytes = 0;
  let cut = false;
  for (let record = reader.next(); record; record = reader.next()) {
    cut ||= records.length === 0 && record.position > 0;
    records.push(record);
    bytes += record.bytes.length;
    for (let first = records[0]; first && bytes - first.bytes.length >= most; first = records[0]) {
      bytes -= first.bytes.length;
      records.shift();
      cut = true;
    }
  }
  reader.close();
  const spare = Math.max(0, bytes - most);
  return { records, spare, cut: cut || spare > 0 };
}

/** The position after the first newline of the first record's channel, but for its spare bytes. */
function nextNewline(records: OutputRecord[], spare: number): number | null {
  const channel = records[0]?.channel;
  for (const [index, record] of records.entries()) {
    if (record.channel !== channel) continue;
    const newline = record.bytes.indexOf(10, index === 0 ? spare : 0);
    if (newline >= 0) return record.position + newline + 1;
  }
  return null;
}
