/** Where everything will stand on the disk, decided before the first byte is written. */
import { MvmError } from '../../vmm/contract/errors.ts';
import { type ByteString, printable } from './byte-string.ts';
import { BLOCK, directorySize, FIRST_INODE, INODE_SIZE, type InodeFields, SLOT } from './erofs-format.ts';
import { encodeXattrs, MAX_XATTR_SIZE, splitXattrName } from './erofs-xattrs.ts';
import type { Directory, Node } from './tree.ts';

export interface Inode extends InodeFields {
  /** byte position on the disk */
  position: number;
  /** what a folder contains, as EROFS lists it; empty for others */
  entries: readonly Listed[];
}

export interface Listed {
  name: ByteString;
  node: Node;
}

export interface Plan {
  /** in the order of the disk, the root's first */
  inodes: ReadonlyMap<Node, Inode>;
  blocks: number;
  /** names in all folders */
  entries: number;
}

/** Inodes with what is inline come first, then the blocks of their contents, in the same order. */
export function layOut(root: Directory): Plan {
  const { inodes, entries } = collect(root);
  let position = FIRST_INODE;
  for (const inode of inodes.values()) position = placeInode(inode, position);
  let blocks = Math.ceil(position / BLOCK);
  for (const inode of inodes.values()) {
    inode.firstBlock = blocks;
    blocks += Math.ceil(outsideSize(inode) / BLOCK);
  }
  if (blocks > MAX_BLOCKS) throw tooLarge();
  return { inodes, blocks, entries };
}

/** 64 GiB: a warm guest was made with a disk of that size in the image's place. */
const MAX_BLOCKS = (64 * 1024 ** 3) / BLOCK;

/** Folder by folder, so that the inodes of one folder are neighbours. */
function collect(root: Directory): { inodes: Map<Node, Inode>; entries: number } {
  const inodes = new Map<Node, Inode>([[root, inodeOf(root, root, 1)]]);
  const folders = [root];
  let entries = 0;
  for (const folder of folders) {
    for (const { name, node } of inodes.get(folder)?.entries ?? []) {
      if (name === '.' || name === '..') continue;
      entries += 1;
      const known = inodes.get(node);
      if (known) known.links += 1;
      else inodes.set(node, inodeOf(node, folder, inodes.size + 1, name));
      if (node.kind === 'directory') folders.push(node);
    }
  }
  return { inodes, entries };
}

/** Sorted as EROFS wants it, by bytes; `.` and `..` are entries like others. */
function listing(folder: Directory, parent: Directory): Listed[] {
  const names = ['.', '..', ...folder.children.keys()].sort();
  return names.map((name) => {
    return { name, node: name === '.' ? folder : name === '..' ? parent : (folder.children.get(name) as Node) };
  });
}

function inodeOf(node: Node, parent: Directory, serial: number, name: ByteString = '/'): Inode {
  const xattrSize = node.xattrs.size === 0 ? 0 : checkedXattrSize(node, name);
  const entries = node.kind === 'directory' ? listing(node, parent) : NONE;
  const size = sizeOf(node, entries);
  const unplaced = { isInline: false, firstBlock: 0, position: 0 };
  return { node, entries, serial, links: firstLinks(node), size, xattrSize, ...unplaced };
}

const NONE: readonly Listed[] = [];

/** A folder is linked to by its name, by its own `.`, and by the `..` of each folder in it. */
function firstLinks(node: Node): number {
  if (node.kind !== 'directory') return 1;
  let folders = 0;
  for (const child of node.children.values()) if (child.kind === 'directory') folders += 1;
  return 2 + folders;
}

function sizeOf(node: Node, entries: readonly Listed[]): number {
  switch (node.kind) {
    case 'file':
      return node.content.size;
    case 'directory':
      return directorySize(entries.map(({ name }) => name));
    case 'symlink':
      return node.target.length;
    default:
      return 0;
  }
}

/** Linux allows values of 65536 bytes, EROFS one less. */
function checkedXattrSize(node: Node, name: ByteString): number {
  for (const [key, value] of node.xattrs) {
    const fits = (splitXattrName(key)?.rest.length ?? 0) <= 255 && value.length <= 0xffff;
    if (!fits) throw xattrsTooLarge(name, printable(key));
  }
  const { length } = encodeXattrs(node.xattrs);
  if (length > MAX_XATTR_SIZE) throw xattrsTooLarge(name, 'all together');
  return length;
}

/**
 * Places the inode and returns where the next may stand. What is inline must lie in one block
 * (erofs_map_blocks_flatmode in Linux's fs/erofs/data.c), and so does the whole inode while it fits.
 */
function placeInode(inode: Inode, from: number): number {
  const head = INODE_SIZE + inode.xattrSize;
  const tail = inode.size % BLOCK;
  inode.isInline = tail > 0 && head + tail <= BLOCK;
  const taken = inode.isInline ? head + tail : head;
  const fits = (from % BLOCK) + taken <= BLOCK;
  inode.position = fits ? from : roundUp(from, BLOCK);
  return roundUp(inode.position + taken, SLOT);
}

/** Bytes of the contents that stand in blocks of their own. */
export function outsideSize({ size, isInline }: Inode): number {
  return isInline ? size - (size % BLOCK) : size;
}

export function nidOf(inode: Inode | undefined): number {
  if (inode === undefined) throw new Error('A folder names a node that the plan does not know.');
  return inode.position / SLOT;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

function xattrsTooLarge(name: ByteString, which: string): MvmError {
  const what = `the extended attributes of ${printable(name)} are too large (${which})`;
  return new MvmError('image.unsupported', `This image holds what mvm cannot take: ${what}.`);
}

function tooLarge(): MvmError {
  return new MvmError('image.too-large', 'The files of this image take more than 64 GiB.');
}
