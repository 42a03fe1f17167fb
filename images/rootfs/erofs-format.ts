/**
 * EROFS on disk, as far as we write it: uncompressed, 4 KiB blocks, extended inodes, attributes and tails inline. All
 * contents are flat, one run of blocks a file: sizes have 64 bits, block numbers 32, so a disk could reach 16 TiB; the
 * plan stops at 64 GiB. Chunks, EROFS's way to leave holes, would gain nothing: the disk's file itself has the holes.
 * From https://docs.kernel.org/filesystems/erofs.html and Linux's fs/erofs/erofs_fs.h (GPL-2.0-only OR Apache-2.0).
 */
import type { ByteString } from './byte-string.ts';
import { xattrCount } from './erofs-xattrs.ts';
import type { Node } from './tree.ts';

export const BLOCK = 4096;

/** A node's number is its position in these units, from the start of the disk. */
export const SLOT = 32;

export const INODE_SIZE = 64;

const SUPERBLOCK_OFFSET = 1024;
const SUPERBLOCK_SIZE = 128;

/** Inodes begin right behind the superblock, so none of them has the number 0, which readdir takes for a deletion. */
export const FIRST_INODE = SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE;

/** EROFS leaves the first 1,024 bytes to boot loaders. We keep the CRC-32 there of all that lies behind the first block. */
const SUM_MAGIC = Buffer.from('mvm crc1');

const MAGIC = 0xe0f5e1e2;
const FEATURE_CHECKSUM = 1;
const FEATURE_MTIME = 2;

export interface Volume {
  rootNid: number;
  inodes: number;
  blocks: number;
  /** 16 bytes */
  uuid: Buffer;
  /** CRC-32 of all blocks but the first */
  sum: number;
}

/** Writes the superblock into the first block, whose inodes it covers with its checksum: so it comes last. */
export function sealFirstBlock(block: Buffer, volume: Volume): void {
  const superblock = block.subarray(SUPERBLOCK_OFFSET);
  superblock.fill(0, 0, SUPERBLOCK_SIZE);
  superblock.writeUInt32LE(MAGIC, 0);
  superblock.writeUInt32LE(FEATURE_CHECKSUM | FEATURE_MTIME, 8);
  superblock.writeUInt8(Math.log2(BLOCK), 12);
  superblock.writeUInt16LE(volume.rootNid, 14);
  superblock.writeBigUInt64LE(BigInt(volume.inodes), 16);
  superblock.writeUInt32LE(volume.blocks, 36);
  volume.uuid.copy(superblock, 48);
  superblock.writeUInt32LE(crc32c(superblock), 4);
  SUM_MAGIC.copy(block);
  block.writeUInt32LE(volume.sum, SUM_MAGIC.length);
}

/** What the first block says of its disk; null when it is none of ours, or damaged. */
export function readFirstBlock(block: Buffer): Pick<Volume, 'blocks' | 'uuid' | 'sum'> | null {
  if (block.length < BLOCK) return null;
  const superblock = Buffer.from(block.subarray(SUPERBLOCK_OFFSET, BLOCK));
  const [magic, checksum] = [superblock.readUInt32LE(0), superblock.readUInt32LE(4)];
  superblock.writeUInt32LE(0, 4);
  const isOurs = SUM_MAGIC.equals(block.subarray(0, SUM_MAGIC.length));
  if (!isOurs || magic !== MAGIC || checksum !== crc32c(superblock)) return null;
  const sum = block.readUInt32LE(SUM_MAGIC.length);
  return { blocks: superblock.readUInt32LE(36), uuid: superblock.subarray(48, 64), sum };
}

/** The kernel's crc32c: Castagnoli's polynomial, reflected, without the final inversion. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcOfByte[(crc ^ byte) & 0xff] as number);
  return crc >>> 0;
}

const crcOfByte = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});

export interface InodeFields {
  node: Node;
  /** its number for 32-bit stat */
  serial: number;
  links: number;
  size: number;
  /** bytes of its attributes */
  xattrSize: number;
  /** the last part of its contents follows the inode */
  isInline: boolean;
  /** where its blocks begin */
  firstBlock: number;
}

export function encodeInode({ node, ...fields }: InodeFields): Buffer {
  const inode = Buffer.alloc(INODE_SIZE);
  const layout = fields.isInline ? FLAT_INLINE : FLAT_PLAIN;
  inode.writeUInt16LE(EXTENDED | (layout << 1), 0);
  inode.writeUInt16LE(xattrCount(fields.xattrSize), 2);
  inode.writeUInt16LE(typeFacts[node.kind].mode | node.mode, 4);
  writeLong(inode, fields.size, 8);
  inode.writeUInt32LE(isDevice(node) ? deviceNumber(node) : fields.firstBlock, 16);
  inode.writeUInt32LE(fields.serial, 20);
  inode.writeUInt32LE(node.uid, 24);
  inode.writeUInt32LE(node.gid, 28);
  writeLong(inode, node.mtime.seconds, 32);
  inode.writeUInt32LE(node.mtime.nanoseconds, 40);
  inode.writeUInt32LE(fields.links, 44);
  return inode;
}

/** 64 bits in two's complement of a whole number; a BigInt would take three times as long. */
function writeLong(bytes: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 2 ** 32);
  bytes.writeUInt32LE(value - high * 2 ** 32, at);
  bytes.writeInt32LE(high, at + 4);
}

const EXTENDED = 1;
const FLAT_PLAIN = 0;
const FLAT_INLINE = 2;

/** Mode bits of a kind, and its number in directories. */
const typeFacts: Record<Node['kind'], { mode: number; entry: number }> = {
  file: { mode: 0o100000, entry: 1 },
  directory: { mode: 0o040000, entry: 2 },
  character: { mode: 0o020000, entry: 3 },
  block: { mode: 0o060000, entry: 4 },
  fifo: { mode: 0o010000, entry: 5 },
  symlink: { mode: 0o120000, entry: 7 },
};

function isDevice(node: Node): node is Node & { kind: 'character' | 'block' } {
  return node.kind === 'character' || node.kind === 'block';
}

/** Linux's new_encode_dev: the major number stands within the minor one. */
function deviceNumber({ major, minor }: { major: number; minor: number }): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

export interface DirectoryEntry {
  name: ByteString;
  nid: number;
  kind: Node['kind'];
}

const ENTRY_SIZE = 12;

/** How many of the names, from `start` on, share one block, and how many bytes of it they take. */
function fillBlock(names: readonly ByteString[], start: number): { count: number; size: number } {
  let size = 0;
  let end = start;
  for (; end < names.length; end++) {
    const more = ENTRY_SIZE + (names[end]?.length ?? 0);
    if (size + more > BLOCK) break;
    size += more;
  }
  return { count: end - start, size };
}

/** Bytes of a folder with these names: all blocks count whole but the last. */
export function directorySize(names: readonly ByteString[]): number {
  let size = 0;
  for (let start = 0; start < names.length; ) {
    const block = fillBlock(names, start);
    start += block.count;
    size += start < names.length ? BLOCK : block.size;
  }
  return size;
}

/** Entries sorted by name's bytes: in each block first the entries, then their names. */
export function encodeDirectory(entries: readonly DirectoryEntry[]): Buffer {
  const names = entries.map((entry) => entry.name);
  const bytes = Buffer.alloc(directorySize(names));
  let block = 0;
  for (let start = 0; start < entries.length; block += BLOCK) {
    const { count } = fillBlock(names, start);
    encodeBlock(bytes.subarray(block, block + BLOCK), entries.slice(start, start + count));
    start += count;
  }
  return bytes;
}

function encodeBlock(block: Buffer, entries: readonly DirectoryEntry[]): void {
  let nameOffset = entries.length * ENTRY_SIZE;
  entries.forEach(({ name, nid, kind }, index) => {
    const at = index * ENTRY_SIZE;
    writeLong(block, nid, at);
    block.writeUInt16LE(nameOffset, at + 8);
    block.writeUInt8(typeFacts[kind].entry, at + 10);
    nameOffset += block.write(name, nameOffset, 'latin1');
  });
}
