/**
 * How a log holds what a program printed.
 *
 * Records: u8 channel, u32 length, f64 Unix ms, u64 position of the first byte in its channel, then the bytes; little
 * endian.
 */
import { STDERR, STDOUT } from '../contract/stream.ts';
import type { OutputRecord } from './scrollback.ts';

const HEADER = 21;

export function encode(record: OutputRecord): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(record.channel, 0);
  header.writeUInt32LE(record.bytes.length, 1);
  header.writeDoubleLE(record.at, 5);
  header.writeBigUInt64LE(BigInt(record.position), 13);
  return Buffer.concat([header, record.bytes]);
}

/** The whole records at the beginning, and how many bytes they take: the rest is torn, or not written yet. */
export function decode(file: Buffer): { records: OutputRecord[]; length: number } {
  const records: OutputRecord[] = [];
  let at = 0;
  while (at + HEADER <= file.length) {
    const length = file.readUInt32LE(at + 1);
    const channel = file.readUInt8(at);
    if (at + HEADER + length > file.length || (channel !== STDOUT && channel !== STDERR)) break;
    records.push({
      channel,
      at: file.readDoubleLE(at + 5),
      position: Number(file.readBigUInt64LE(at + 13)),
      bytes: file.subarray(at + HEADER, at + HEADER + length),
    });
    at += HEADER + length;
  }
  return { records, length: at };
}
