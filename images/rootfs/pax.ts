/** Extended headers: records `<length> <key>=<value>\n`, the length counting itself, the value any bytes. */
import { MvmError } from '../../vmm/contract/errors.ts';
import { type ByteString, byteString, printable } from './byte-string.ts';
import type { Time } from './tree.ts';

export type PaxRecords = ReadonlyMap<string, Buffer>;

/** The last record of a key counts. */
export function parsePax(bytes: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  let position = 0;
  while (position < bytes.length) {
    const { key, value, end } = recordAt(bytes, position);
    // A copy: a few bytes would hold on to the whole window they were read with.
    records.set(key, Buffer.from(value));
    position = end;
  }
  return records;
}

function recordAt(bytes: Buffer, start: number): { key: string; value: Buffer; end: number } {
  const space = bytes.indexOf(0x20, start);
  const digits = space < 0 || space - start > 7 ? '' : bytes.toString('latin1', start, space);
  const end = /^[0-9]+$/.test(digits) ? start + Number(digits) : Number.NaN;
  const equals = bytes.indexOf(0x3d, space);
  const isRecord = end <= bytes.length && equals > space && equals < end - 1 && bytes[end - 1] === 0x0a;
  if (!isRecord) throw damaged('its records cannot be told apart');
  return { key: bytes.toString('latin1', space + 1, equals), value: bytes.subarray(equals + 1, end - 1), end };
}

/** A whole number that is not negative; undefined when there is none, or an empty one. */
export function paxNumber(pax: PaxRecords, key: 'uid' | 'gid' | 'size'): number | undefined {
  const text = pax.get(key)?.toString('latin1');
  if (text === undefined || text === '') return undefined;
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw damaged(`its ${key} is no number`);
  return value;
}

/** `mtime`: decimal seconds, perhaps negative, with any fraction; what is finer than a nanosecond is cut off. */
export function paxTime(pax: PaxRecords): Time | undefined {
  const text = pax.get('mtime')?.toString('latin1');
  if (text === undefined || text === '') return undefined;
  const parts = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(text);
  if (parts === null) throw damaged('its mtime is no time');
  const whole = Number(parts[2]);
  const nanoseconds = Number((parts[3] ?? '').padEnd(9, '0').slice(0, 9));
  if (parts[1] === '') return { seconds: whole, nanoseconds };
  return nanoseconds === 0
    ? { seconds: 0 - whole, nanoseconds }
    : { seconds: -whole - 1, nanoseconds: 1e9 - nanoseconds };
}

const BINARY_XATTR = 'SCHILY.xattr.';
const BASE64_XATTR = 'LIBARCHIVE.xattr.';

/** Extended attributes; where a writer gives both forms they say the same. */
export function paxAttributes(pax: PaxRecords): ReadonlyMap<ByteString, Buffer> {
  const xattrs = new Map<ByteString, Buffer>();
  for (const [key, value] of pax) {
    if (key.startsWith(BASE64_XATTR)) xattrs.set(percentDecoded(key.slice(BASE64_XATTR.length)), base64(value));
  }
  for (const [key, value] of pax) {
    if (key.startsWith(BINARY_XATTR)) xattrs.set(key.slice(BINARY_XATTR.length), value);
  }
  for (const name of xattrs.keys()) if (name === '' || name.includes('\0')) throw damaged('an attribute has no name');
  return xattrs;
}

function percentDecoded(name: string): ByteString {
  return name.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function base64(value: Buffer): Buffer {
  const text = value.toString('latin1');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw damaged(`an attribute is not base64: ${printable(byteString(value))}`);
  return Buffer.from(text, 'base64');
}

function damaged(what: string): MvmError {
  return new MvmError('image.corrupt', `This tar archive is damaged: in a pax header, ${what}.`);
}
