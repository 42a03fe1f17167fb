import { MvmError } from '../../vmm/contract/errors.ts';
import type { ByteString } from './byte-string.ts';

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

/** Reads one header block; `position` is for messages. Byte by byte, for an image has some hundred thousand. */
export function parseHeader(block: Buffer, position: number): TarHeader {
  if (!checksumMatches(block)) throw damaged(position, 'its checksum does not match');
  const number = (field: Field) => numberIn(block, field, position);
  const type = String.fromCharCode(byteAt(block, 156));
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
const SPACE = 0x20;

/** The sum of all bytes with the checksum itself as spaces; some old writers summed signed bytes. */
function checksumMatches(block: Buffer): boolean {
  let sum = 0;
  let high = 0;
  for (let at = 0; at < BLOCK; at++) {
    const byte = byteAt(block, at);
    sum += byte;
    high += byte >> 7;
  }
  for (let at = CHECKSUM[0]; at < CHECKSUM[1]; at++) {
    const byte = byteAt(block, at);
    sum += SPACE - byte;
    high -= byte >> 7;
  }
  const stored = octal(block, CHECKSUM);
  return stored === sum || stored === sum - 256 * high;
}

/** "ustar" and a zero byte. */
const USTAR = 0x757374617200;

/** ustar keeps the first part of a long path in a prefix; GNU has other things there, star a shorter prefix. */
function fullPath(block: Buffer): ByteString {
  const name = textIn(block, [0, 100]);
  if (block.readUIntBE(257, 6) !== USTAR || byteAt(block, 345) === 0) return name;
  const isStar = block.toString('latin1', 508, 512) === 'tar\0';
  return `${textIn(block, [345, isStar ? 476 : 500])}/${name}`;
}

/** Up to a zero byte, or the whole field. */
function textIn(block: Buffer, [start, end]: Field): ByteString {
  const zero = block.indexOf(0, start);
  return block.toString('latin1', start, zero < 0 || zero > end ? end : zero);
}

/** Octal digits, or GNU's base 256: a set top bit, then a big-endian number in two's complement. */
function numberIn(block: Buffer, field: Field, position: number): number {
  const isBinary = (byteAt(block, field[0]) & 0x80) !== 0;
  const value = isBinary ? base256(block.subarray(...field)) : octal(block, field);
  if (value === null || !Number.isSafeInteger(value)) throw damaged(position, 'a number in it is none');
  return value;
}

const isBlank = (byte: number): boolean => byte === SPACE || byte === 0;

/** Digits between blanks; none at all mean 0. */
function octal(block: Buffer, [start, end]: Field): number | null {
  let at = start;
  let value = 0;
  while (at < end && isBlank(byteAt(block, at))) at++;
  for (; at < end; at++) {
    const digit = byteAt(block, at) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  return at === end || isBlank(byteAt(block, at)) ? value : null;
}

function base256(field: Buffer): number {
  const isNegative = (byteAt(field, 0) & 0x40) !== 0;
  let value = isNegative ? -1 : 0;
  field.forEach((byte, index) => {
    const digit = index === 0 ? (isNegative ? byte : byte & 0x7f) : byte;
    value = value * 256 + digit;
  });
  return value;
}

const byteAt = (block: Buffer, at: number): number => block[at] as number;

function damaged(position: number, what: string): MvmError {
  return new MvmError('image.corrupt', `This tar archive is damaged: in the header at byte ${position}, ${what}.`);
}
