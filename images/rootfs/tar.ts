/**
 * Reads tar archives: ustar, old v7, star, GNU long names, pax (https://pubs.opengroup.org/onlinepubs/9799919799/
 * utilities/pax.html). Contents are not read but named by position, so memory is bounded by one header, and a
 * header with its long names and attributes is at most 1 MiB.
 */
import { MvmError } from '../../vmm/contract/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { type ByteString, byteString, printable } from './byte-string.ts';
import { type PaxRecords, parsePax, paxAttributes, paxNumber, paxTime } from './pax.ts';
import { BLOCK, parseHeader, type TarHeader } from './tar-header.ts';
import { type Attributes, type Extent, NO_XATTRS } from './tree.ts';

export type TarEntry = Attributes & { path: ByteString } & (
    | { kind: 'file'; content: Extent }
    | { kind: 'directory' }
    | { kind: 'symlink'; target: ByteString }
    | { kind: 'hardlink'; target: ByteString }
    | { kind: 'character' | 'block'; major: number; minor: number }
    | { kind: 'fifo' }
  );

export function* readTar(source: ByteSource): Generator<TarEntry> {
  let global: PaxRecords = new Map();
  let prefix: Prefix = {};
  let special = 0;
  let position = 0;
  for (;;) {
    const header = headerAt(source, position);
    if (header === null) break;
    special += 1;
    if (special > SPECIAL_LIMIT)
      throw corrupt(`more than ${SPECIAL_LIMIT} headers at byte ${position} say what follows`);
    const content = { offset: position + BLOCK, size: header.size };
    switch (header.type) {
      case 'x':
        prefix = { ...prefix, pax: parsePax(metadata(source, content)) };
        break;
      case 'g':
        global = bounded(new Map([...global, ...parsePax(metadata(source, content))]));
        break;
      case 'L':
        prefix = { ...prefix, path: terminated(metadata(source, content)) };
        break;
      case 'K':
        prefix = { ...prefix, target: terminated(metadata(source, content)) };
        break;
      default: {
        const entry = describe(header, { ...prefix, pax: merged(global, prefix.pax) }, content.offset);
        content.size = entry.kind === 'file' ? entry.content.size : 0;
        assertInside(source, content, entry.path);
        yield entry;
        prefix = {};
        special = 0;
      }
    }
    position = content.offset + Math.ceil(content.size / BLOCK) * BLOCK;
  }
  if (Object.keys(prefix).length > 0) throw corrupt('it ends where a header announced one more entry');
}

/** What special headers said about the entry that follows them. */
interface Prefix {
  path?: ByteString;
  target?: ByteString;
  pax?: PaxRecords;
}

const ZEROS = Buffer.alloc(BLOCK);

/** Null at the end: two blocks of zeros, or one, or none where a writer left them out. */
function headerAt(source: ByteSource, position: number): TarHeader | null {
  const block = source.read(position, BLOCK);
  if (block.length === 0) return null;
  if (block.length < BLOCK) throw corrupt(`it is cut off in the header at byte ${position}`);
  if (!block.equals(ZEROS)) return parseHeader(block, position);
  const next = source.read(position + BLOCK, BLOCK);
  if (!next.equals(ZEROS.subarray(0, next.length))) throw corrupt(`more follows its end at byte ${position}`);
  return null;
}

/** Long names and pax records, 1 MiB at most: Linux allows a path 4 KiB and an attribute's value 64 KiB. */
const METADATA_LIMIT = 1024 * 1024;

function metadata(source: ByteSource, content: Extent): Buffer {
  if (content.size > METADATA_LIMIT)
    throw unsupported(`a header of ${content.size} bytes, more than ${METADATA_LIMIT}`);
  const bytes = source.read(content.offset, content.size);
  if (bytes.length < content.size) throw corrupt(`it is cut off in the header at byte ${content.offset}`);
  return bytes;
}

/** Headers in a row that are no entry: writers need three. Without an end, so would be the work for one entry. */
const SPECIAL_LIMIT = 16;

/** Global records add up, and hold for all that follows. */
function bounded(records: PaxRecords): PaxRecords {
  const size = [...records].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size > METADATA_LIMIT) throw unsupported(`global headers of ${size} bytes, more than ${METADATA_LIMIT}`);
  return records;
}

function terminated(bytes: Buffer): ByteString {
  const end = bytes.indexOf(0);
  return byteString(end < 0 ? bytes : bytes.subarray(0, end));
}

function merged(global: PaxRecords, own: PaxRecords | undefined): PaxRecords {
  if (own === undefined) return global;
  return global.size === 0 ? own : new Map([...global, ...own]);
}

function describe(header: TarHeader, prefix: Prefix & { pax: PaxRecords }, offset: number): TarEntry {
  const { pax } = prefix;
  const path = prefix.path ?? paxName(pax, 'path') ?? header.path;
  const target = prefix.target ?? paxName(pax, 'linkpath') ?? header.target;
  if (path.length === 0) throw corrupt(`the entry at byte ${offset - BLOCK} has no name`);
  const attributes = {
    path,
    mode: header.mode & 0o7777,
    uid: ownerId(paxNumber(pax, 'uid') ?? header.uid, path),
    gid: ownerId(paxNumber(pax, 'gid') ?? header.gid, path),
    mtime: paxTime(pax) ?? { seconds: header.mtime, nanoseconds: 0 },
    xattrs: pax.size === 0 ? NO_XATTRS : paxAttributes(pax),
  };
  for (const key of pax.keys()) if (key.startsWith('GNU.sparse.')) throw sparse(path);
  switch (header.type) {
    case '0':
    case '7':
    case '\0':
      // Before ustar there was no type for folders but the trailing slash.
      if (path.endsWith('/')) return { ...attributes, kind: 'directory' };
      return { ...attributes, kind: 'file', content: { offset, size: paxNumber(pax, 'size') ?? header.size } };
    case '1':
      return { ...attributes, kind: 'hardlink', target: linkTarget(target, path) };
    case '2':
      return { ...attributes, kind: 'symlink', target: linkTarget(target, path) };
    case '3':
      return { ...attributes, kind: 'character', ...deviceNumbers(header, path) };
    case '4':
      return { ...attributes, kind: 'block', ...deviceNumbers(header, path) };
    case '5':
      return { ...attributes, kind: 'directory' };
    case '6':
      return { ...attributes, kind: 'fifo' };
    case 'S':
      throw sparse(path);
    default:
      throw unsupported(`${printable(path)} is of the unknown type ${JSON.stringify(header.type)}`, path);
  }
}

/** An empty record means: as the header says. */
function paxName(pax: PaxRecords, key: 'path' | 'linkpath'): ByteString | undefined {
  const value = pax.get(key);
  if (value === undefined || value.length === 0) return undefined;
  if (value.includes(0)) throw corrupt(`a ${key} contains a zero byte`);
  return byteString(value);
}

/** The last number, (uid_t)-1, means nobody at all to the kernel. */
function ownerId(id: number, path: ByteString): number {
  if (id < 0 || id > 0xfffffffe) throw corrupt(`${printable(path)} belongs to ${id}, which is no user or group`);
  return id;
}

function linkTarget(target: ByteString, path: ByteString): ByteString {
  if (target.length === 0) throw corrupt(`${printable(path)} is a link to nothing`);
  return target;
}

/** Linux keeps 12 bits of major and 20 bits of minor numbers. */
function deviceNumbers({ major, minor }: TarHeader, path: ByteString): { major: number; minor: number } {
  const fits = major >= 0 && major < 1 << 12 && minor >= 0 && minor < 1 << 20;
  if (!fits) throw unsupported(`${printable(path)} is the device ${major}:${minor}, which Linux cannot have`, path);
  return { major, minor };
}

function assertInside(source: ByteSource, content: Extent, path: ByteString): void {
  const whole = content.offset + content.size <= source.size;
  if (!whole) throw corrupt(`it is cut off in ${printable(path)}`);
}

function sparse(path: ByteString): MvmError {
  return unsupported(`${printable(path)} is a sparse file`, path);
}

function corrupt(what: string): MvmError {
  return new MvmError('image.corrupt', `This tar archive is damaged: ${what}.`);
}

function unsupported(what: string, path?: ByteString): MvmError {
  const details = path === undefined ? {} : { path: printable(path) };
  return new MvmError('image.unsupported', `This tar archive holds what mvm cannot take: ${what}.`, { details });
}
