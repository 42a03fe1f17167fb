/**
 * The tar archives in which copies travel: ustar, with pax records for what it has no room for. Names are any bytes,
 * and held as strings of one character a byte (latin1), which compare and split as the bytes do.
 */
export interface ArchiveEntry {
  name: string;
  kind: ArchiveKind;
  /** permissions, set-id and sticky */
  mode: number;
  uid: number;
  gid: number;
  /** bytes of a file's contents */
  size: number;
  mtimeNs: bigint;
  /** of links, hard or symbolic */
  target: string;
  /** of devices */
  major: number;
  minor: number;
}

/** In the order of tar's type flags, from '0' on. */
const KINDS = ['file', 'hardlink', 'symlink', 'character', 'block', 'folder', 'fifo'] as const;
export type ArchiveKind = (typeof KINDS)[number];

export const BLOCK = 512;

/** What stands behind the last entry. */
export const ARCHIVE_END = Buffer.alloc(2 * BLOCK);

/** Zeros after contents of a size. */
export const paddingOf = (size: number): number => -size & (BLOCK - 1);

export const fromBytes = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
export const toBytes = (name: string): Buffer => Buffer.from(name, 'latin1');
/** For a person; what is no UTF-8 is replaced. */
export const readable = (name: string): string => toBytes(name).toString('utf8');

const PAX = 'x';

/** Largest numbers of the fields of 8 and 12 digits, the last of which is a zero byte. */
const MAX_SHORT = 0o7777777;
const MAX_LONG = 0o77777777777;
const NS = 1_000_000_000n;

/** What stands before an entry's contents. */
export function encodeEntry(entry: ArchiveEntry): Buffer {
  const seconds = Number(entry.mtimeNs / NS) - (entry.mtimeNs % NS < 0n ? 1 : 0);
  const records = Buffer.concat(Object.entries(recordsFor(entry, seconds)).map(([key, value]) => record(key, value)));
  const header = encodeHeader(entry, String(KINDS.indexOf(entry.kind)), seconds);
  if (records.length === 0) return header;
  const pax = encodeHeader({ ...NOTHING, name: 'pax', size: records.length }, PAX, 0);
  return Buffer.concat([pax, records, Buffer.alloc(paddingOf(records.length)), header]);
}

const NOTHING = { mode: 0, uid: 0, gid: 0, target: '', major: 0, minor: 0 };

function encodeHeader(entry: Omit<ArchiveEntry, 'kind' | 'mtimeNs'>, type: string, seconds: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number) =>
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  block.write(entry.name.slice(0, 100), 0, 'latin1');
  octal(entry.mode, 100, 7);
  octal(Math.min(entry.uid, MAX_SHORT), 108, 7);
  octal(Math.min(entry.gid, MAX_SHORT), 116, 7);
  octal(Math.min(entry.size, MAX_LONG), 124, 11);
  octal(Math.min(Math.max(seconds, 0), MAX_LONG), 136, 11);
  block.write(`        ${type}`, 148, 'latin1');
  block.write(entry.target.slice(0, 100), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  octal(entry.major, 329, 7);
  octal(entry.minor, 337, 7);
  octal(sumOf(block), 148, 6);
  block[154] = 0;
  return block;
}

/** The checksum itself counts as spaces. */
function sumOf(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}

function recordsFor(entry: ArchiveEntry, seconds: number): Record<string, string> {
  return {
    ...(entry.name.length > 100 && { path: entry.name }),
    ...(entry.target.length > 100 && { linkpath: entry.target }),
    ...(entry.size > MAX_LONG && { size: String(entry.size) }),
    ...(entry.uid > MAX_SHORT && { uid: String(entry.uid) }),
    ...(entry.gid > MAX_SHORT && { gid: String(entry.gid) }),
    ...((entry.mtimeNs % NS !== 0n || seconds < 0 || seconds > MAX_LONG) && { mtime: decimal(entry.mtimeNs) }),
  };
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function record(key: string, value: string): Buffer {
  const rest = key.length + value.length + 3;
  const length = rest + String(rest + String(rest).length).length;
  return toBytes(`${length} ${key}=${value}\n`);
}

/** Seconds as a person would write them, before 1970 too. */
function decimal(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  return `${ns < 0n ? '-' : ''}${size / NS}.${String(size % NS).padStart(9, '0')}`;
}

export type Header = { is: 'records'; size: number } | { is: 'entry'; entry: ArchiveEntry } | { is: 'end' };

/** Reads one block as the agent writes it; null when it is none, for what a guest sends may be anything. */
export function decodeHeader(block: Buffer, records: ReadonlyMap<string, string>): Header | null {
  if (block.equals(ARCHIVE_END.subarray(0, BLOCK))) return { is: 'end' };
  const number = (from: number, to: number): number => {
    const digits = /^[0-7]+(?=[\0 ]|$)/.exec(block.toString('latin1', from, to))?.[0];
    return digits === undefined ? Number.NaN : Number.parseInt(digits, 8);
  };
  if (number(148, 156) !== sumOf(block) || block.toString('latin1', 257, 263) !== 'ustar\0') return null;
  const either = (key: string, from: number, to: number): number => {
    const text = records.get(key);
    if (text === undefined) return number(from, to);
    return /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  };
  const type = block.toString('latin1', 156, 157);
  const kind = /^[0-6]$/.test(type) ? KINDS[Number(type)] : undefined;
  const size = kind === undefined || kind === 'file' ? either('size', 124, 136) : 0;
  if (type === PAX) return Number.isSafeInteger(size) ? { is: 'records', size } : null;
  const isDevice = kind === 'character' || kind === 'block';
  const numbers = {
    mode: number(100, 108) & 0o7777,
    uid: either('uid', 108, 116),
    gid: either('gid', 116, 124),
    size,
    major: isDevice ? number(329, 337) : 0,
    minor: isDevice ? number(337, 345) : 0,
  };
  const name = records.get('path') ?? textIn(block, 0, 100);
  const target = records.get('linkpath') ?? textIn(block, 157, 257);
  const mtimeNs = timeOf(records.get('mtime') ?? String(number(136, 148)));
  const isNone = kind === undefined || mtimeNs === null || `${name}${target}`.includes('\0');
  if (isNone || !Object.values(numbers).every(Number.isSafeInteger)) return null;
  return { is: 'entry', entry: { name, kind, target, mtimeNs, ...numbers } };
}

function textIn(block: Buffer, from: number, to: number): string {
  return block.toString('latin1', from, to).split('\0', 1)[0] ?? '';
}

function timeOf(text: string): bigint | null {
  const parts = /^(-?)(\d{1,15})(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (!parts) return null;
  const ns = BigInt(parts[2] ?? 0) * NS + BigInt((parts[3] ?? '').padEnd(9, '0'));
  return parts[1] === '-' ? -ns : ns;
}

/** Null when they cannot be told apart. */
export function decodeRecords(text: string): Map<string, string> | null {
  const records = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const digits = /^\d{1,7} /.exec(text.slice(at, at + 8))?.[0];
    const end = at + Number(digits);
    const equals = text.indexOf('=', at);
    if (digits === undefined || end > text.length || equals < 0 || equals >= end - 1 || text[end - 1] !== '\n')
      return null;
    records.set(text.slice(at + digits.length, equals), text.slice(equals + 1, end - 1));
    at = end;
  }
  return records;
}
