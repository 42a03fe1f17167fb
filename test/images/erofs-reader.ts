/**
 * Reads an EROFS disk back for tests, sharing no line with the writer and strict where Linux is: it throws at a
 * name out of order, an entry out of bounds, an inline part that crosses a block, a wrong checksum.
 */
import { contentFacts, type Facts } from './facts.ts';

/** Sorted by path. */
export function readErofs(disk: Buffer): Facts[] {
  const { rootNid, inodes } = superblock(disk);
  const facts: (Facts & { nid: number })[] = [];
  const folders = [{ path: '', nid: rootNid, parent: rootNid }];
  facts.push(factsAt(disk, rootNid, '/'));
  for (const { path, nid, parent } of folders) {
    for (const entry of directory(disk, nid)) {
      if (entry.name === '.' || entry.name === '..') {
        must(entry.nid === (entry.name === '.' ? nid : parent), `${path}/${entry.name} points elsewhere`);
        continue;
      }
      const found = factsAt(disk, entry.nid, `${path}/${entry.name}`);
      must(entryTypes[entry.type] === found.kind, `${found.path} is listed as another kind`);
      facts.push(found);
      if (found.kind === 'directory') folders.push({ path: found.path, nid: entry.nid, parent: nid });
    }
  }
  must(new Set(facts.map(({ nid }) => nid)).size === inodes, 'the superblock counts other inodes');
  facts.sort((a, b) => (a.path < b.path ? -1 : 1));
  const first = new Map<number, string>();
  for (const { nid, path } of facts) if (!first.has(nid)) first.set(nid, path);
  return facts.map(({ nid, ...rest }) => ({ ...rest, sameAs: first.get(nid) ?? '' }));
}

function superblock(disk: Buffer): { rootNid: number; inodes: number } {
  must(disk.length % 4096 === 0 && disk.length === disk.readUInt32LE(1024 + 36) * 4096, 'the size is wrong');
  must(disk.readUInt32LE(1024) === 0xe0f5e1e2, 'no magic number');
  const covered = Buffer.from(disk.subarray(1024, 4096));
  covered.fill(0, 4, 8);
  must(checksum(covered) === disk.readUInt32LE(1024 + 4), 'the checksum is wrong');
  must(disk.readUInt8(1024 + 12) === 12 && disk.readUInt32LE(1024 + 80) === 0, 'another layout than was meant');
  return { rootNid: disk.readUInt16LE(1024 + 14), inodes: Number(disk.readBigUInt64LE(1024 + 16)) };
}

/** crc32c by table. */
const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

function checksum(bytes: Buffer): number {
  return bytes.reduce((crc, byte) => (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0), 0xffffffff) >>> 0;
}

const entryTypes: Record<number, Facts['kind']> = {
  1: 'file',
  2: 'directory',
  3: 'character',
  4: 'block',
  5: 'fifo',
  7: 'symlink',
};

const modeKinds: Record<number, Facts['kind']> = {
  1: 'fifo',
  2: 'character',
  4: 'directory',
  6: 'block',
  8: 'file',
  10: 'symlink',
};

function factsAt(disk: Buffer, nid: number, path: string): Facts & { nid: number } {
  const at = nid * 32;
  const mode = disk.readUInt16LE(at + 4);
  const kind = modeKinds[mode >> 12];
  if (kind === undefined) throw new Error(`${path} has a mode of no kind`);
  const device = disk.readUInt32LE(at + 16);
  return {
    ...{ nid, path, kind, mode: mode & 0o7777, sameAs: path },
    uid: disk.readUInt32LE(at + 24),
    gid: disk.readUInt32LE(at + 28),
    mtime: [Number(disk.readBigInt64LE(at + 32)), disk.readUInt32LE(at + 40)],
    links: disk.readUInt32LE(at + 44),
    xattrs: xattrs(disk, at),
    ...(kind === 'file' && { content: contentFacts(contents(disk, nid)) }),
    ...(kind === 'symlink' && { target: contents(disk, nid).toString('latin1') }),
    ...((kind === 'character' || kind === 'block') && {
      device: `${(device >>> 8) & 0xfff}:${((device >>> 12) & 0xfff00) | (device & 0xff)}`,
    }),
  };
}

function xattrSize(disk: Buffer, at: number): number {
  const count = disk.readUInt16LE(at + 2);
  return count === 0 ? 0 : 12 + (count - 1) * 4;
}

function contents(disk: Buffer, nid: number): Buffer {
  const at = nid * 32;
  const layout = disk.readUInt16LE(at) >> 1;
  must((disk.readUInt16LE(at) & 1) === 1 && (layout === 0 || layout === 2), `node ${nid} has another layout`);
  const size = Number(disk.readBigUInt64LE(at + 8));
  const outside = layout === 2 ? size - (size % 4096) : size;
  const block = disk.readUInt32LE(at + 16) * 4096;
  const tail = at + 64 + xattrSize(disk, at);
  const inline = size - outside;
  if (inline > 0)
    must(Math.floor(tail / 4096) === Math.floor((tail + inline - 1) / 4096), `node ${nid} crosses blocks`);
  must(outside === 0 || block + outside <= disk.length, `node ${nid} reaches beyond the disk`);
  return Buffer.concat([
    outside === 0 ? Buffer.alloc(0) : disk.subarray(block, block + outside),
    disk.subarray(tail, tail + inline),
  ]);
}

function directory(disk: Buffer, nid: number): { name: string; nid: number; type: number }[] {
  const bytes = contents(disk, nid);
  const entries: { name: string; nid: number; type: number }[] = [];
  for (let start = 0; start < bytes.length; start += 4096) {
    const block = bytes.subarray(start, start + 4096);
    const count = block.readUInt16LE(8) / 12;
    for (let index = 0; index < count; index++) {
      const at = index * 12;
      const from = block.readUInt16LE(at + 8);
      const to = index + 1 < count ? block.readUInt16LE(at + 12 + 8) : endOfName(block, from);
      must(to > from && to - from <= 255 && to <= block.length, `a name in node ${nid} is out of bounds`);
      const name = block.toString('latin1', from, to);
      must(!name.includes('\0') && name > (entries.at(-1)?.name ?? ''), `a name in node ${nid} is out of order`);
      entries.push({ name, nid: Number(block.readBigUInt64LE(at)), type: block.readUInt8(at + 10) });
    }
  }
  return entries;
}

function endOfName(block: Buffer, from: number): number {
  const zero = block.indexOf(0, from);
  return zero < 0 ? block.length : zero;
}

const prefixes: Record<number, string> = {
  1: 'user.',
  2: 'system.posix_acl_access',
  3: 'system.posix_acl_default',
  4: 'trusted.',
  6: 'security.',
};

function xattrs(disk: Buffer, inode: number): Record<string, string> {
  const found: Record<string, string> = {};
  const end = inode + 64 + xattrSize(disk, inode);
  for (let at = inode + 64 + 12; at < end; ) {
    const name = disk.readUInt8(at);
    const value = disk.readUInt16LE(at + 2);
    const prefix = prefixes[disk.readUInt8(at + 1)];
    const next = at + Math.ceil((4 + name + value) / 4) * 4;
    must(prefix !== undefined && next <= end, `an attribute at ${at} is none`);
    const key = prefix + disk.toString('latin1', at + 4, at + 4 + name);
    found[key] = disk.toString('hex', at + 4 + name, at + 4 + name + value);
    at = next;
  }
  return found;
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`Bad EROFS disk: ${otherwise}.`);
}
