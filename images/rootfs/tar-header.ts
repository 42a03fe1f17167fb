import { MvmError } from '../../vmm/contract/errors.ts';
import { type ByteString, byteString } from './byte-string.ts';

/** Headers and contents come in blocks of 512 bytes. */
export const BLOCK = 512;

export interface TarHeader {
  /** the type flag, one character */
  type: string;
  path: ByteString;
  target: ByteString;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** seconds since 1970 */
  mtime: number;
  major: number;
  minor: number;
}

/** Reads one header block; `position` is for messages. */
export function parseHeader(block: Buffer, position: number): TarHeader {
  if (!checksumMatches(block)) throw damaged(position, 'its checksum does not match');
  const number = (field: Field) => numberIn(block.subarray(...field), position);
  const type = String.fromCharCode(block[156] ?? 0);
  const isDevice = type === '3' || type === '4';
  const header = {
    type,
    path: fullPath(block),
    target: textIn(block, [157, 257]),
    mode: number([100, 108]),
    uid: number([108, 116]),
    gid: number([116, 124]),
    size: number([124, 136]),
    mtime: number([136, 148]),
    // Others leave anything at all in these fields.
    major: isDevice ? number([329, 337]) : 0,
    minor: isDevice ? number([337, 345]) : 0,
  };
  if (header.size < 0) throw damaged(position, 'its size is negative');
  return header;
}

/** Start and end within the block. */
type Field = [number, number];

const CHECKSUM: Field = [148, 156];

/** The sum of all bytes with the checksum itself as spaces; some old writers summed signed bytes. */
function checksumMatches(block: Buffer): boolean {
  const stored = octal(block.subarray(...CHECKSUM));
  let sum = 0;
  let high = 0;
  for (let i = 0; i < BLOCK; i++) {
    const byte = i >= CHECKSUM[0] && i < CHECKSUM[1] ? 0x20 : (block[i] ?? 0);
    sum += byte;
    if (byte >= 0x80) high += 1;
  }
  return stored === sum || stored === sum - 256 * high;
}

/** ustar keeps the first part of a long path in a prefix; GNU has other things there, star a shorter prefix. */
function fullPath(block: Buffer): ByteString {
  const name = textIn(block, [0, 100]);
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  if (!isUstar) return name;
  const isStar = block.toString('latin1', 508, 512) === 'tar\0';
  const prefix = textIn(block, [345, isStar ? 476 : 500]);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textIn(block: Buffer, field: Field): ByteString {
  const bytes = block.subarray(...field);
  const end = bytes.indexOf(0);
  return byteString(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Octal digits, or GNU's base 256: a set top bit, then a big-endian number in two's complement. */
function numberIn(field: Buffer, position: number): number {
  const first = field[0] ?? 0;
  const value = first & 0x80 ? base256(field) : octal(field);
  if (value === null || !Number.isSafeInteger(value)) throw damaged(position, 'a number in it is none');
  return value;
}

function octal(field: Buffer): number | null {
  const digits = /^[ \0]*([0-7]*)(?:$|[ \0])/.exec(field.toString('latin1'));
  return digits === null ? null : Number.parseInt(digits[1] || '0', 8);
}

function base256(field: Buffer): number {
  const isNegative = ((field[0] ?? 0) & 0x40) !== 0;
  let value = isNegative ? -1 : 0;
  field.forEach((byte, index) => {
    const digit = index === 0 ? (isNegative ? byte : byte & 0x7f) : byte;
    value = value * 256 + digit;
  });
  return value;
}

function damaged(position: number, what: string): MvmError {
  return new MvmError('image.corrupt', `This tar archive is damaged: in the header at byte ${position}, ${what}.`);
}
