/** Writes tar archives from memory: ustar, with pax where ustar has no room. Same entries, same bytes. */
import { type ByteString, bytesOf } from './byte-string.ts';
import { BLOCK } from './tar-header.ts';
import type { Attributes } from './tree.ts';

export type TarInput = Partial<Attributes> & { path: ByteString } & (
    | { kind: 'file'; content: Buffer }
    | { kind: 'directory' | 'fifo' }
    | { kind: 'symlink' | 'hardlink'; target: ByteString }
    | { kind: 'character' | 'block'; major: number; minor: number }
  );

export function writeTar(entries: Iterable<TarInput>): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const pax = paxFor(entry);
    if (pax.length > 0) parts.push(header({ path: 'pax', kind: 'file', content: pax }, 'x'), padded(pax));
    parts.push(header(entry, types[entry.kind]));
    if (entry.kind === 'file') parts.push(padded(entry.content));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

const types: Record<TarInput['kind'], string> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

const defaultMode = (entry: TarInput): number => (entry.kind === 'directory' ? 0o755 : 0o644);

/** Largest numbers of ustar's fields of 8 and 12 digits, the last of which is a zero byte. */
const MAX_ID = 0o7777777;
const MAX_LONG = 0o77777777777;

function header(entry: TarInput, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const size = entry.kind === 'file' ? entry.content.length : 0;
  const seconds = entry.mtime?.seconds ?? 0;
  const octal = (value: number, at: number, digits: number) =>
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  block.write(entry.path.slice(0, 100), 0, 'latin1');
  octal(entry.mode ?? defaultMode(entry), 100, 7);
  octal(Math.min(entry.uid ?? 0, MAX_ID), 108, 7);
  octal(Math.min(entry.gid ?? 0, MAX_ID), 116, 7);
  octal(Math.min(size, MAX_LONG), 124, 11);
  octal(Math.min(Math.max(seconds, 0), MAX_LONG), 136, 11);
  block.write('        ', 148);
  block.write(type, 156);
  if ('target' in entry) block.write(entry.target.slice(0, 100), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  if ('major' in entry) octal(entry.major, 329, 7);
  if ('major' in entry) octal(entry.minor, 337, 7);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block[154] = 0;
  return block;
}

/** Records for what the header cannot say, in a fixed order. */
function paxFor(entry: TarInput): Buffer {
  const records: Buffer[] = [];
  const add = (key: string, value: Buffer | string) => records.push(record(key, Buffer.from(value)));
  if (entry.path.length > 100) add('path', bytesOf(entry.path));
  if ('target' in entry && entry.target.length > 100) add('linkpath', bytesOf(entry.target));
  if ((entry.uid ?? 0) > MAX_ID) add('uid', String(entry.uid));
  if ((entry.gid ?? 0) > MAX_ID) add('gid', String(entry.gid));
  const { seconds, nanoseconds } = entry.mtime ?? { seconds: 0, nanoseconds: 0 };
  if (nanoseconds > 0 || seconds < 0 || seconds > MAX_LONG) add('mtime', decimal(seconds, nanoseconds));
  const xattrs = [...(entry.xattrs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of xattrs) add(`SCHILY.xattr.${name}`, value);
  return Buffer.concat(records);
}

/** Before 1970 the fraction counts backward, as a person would write it. */
function decimal(seconds: number, nanoseconds: number): string {
  const isNegative = seconds < 0 && nanoseconds > 0;
  const whole = isNegative ? seconds + 1 : seconds;
  const fraction = isNegative ? 1e9 - nanoseconds : nanoseconds;
  const sign = isNegative && whole === 0 ? '-' : '';
  return `${sign}${whole}.${String(fraction).padStart(9, '0')}`;
}

/** The length at a record's front counts its own digits. */
function record(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`, 'latin1'), value, Buffer.from('\n')]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}
