/** Writes a tree as an EROFS disk, front to back in large pieces; only the superblock is written last. */
import { MvmError } from '../../vmm/contract/errors.ts';
import { bytesOf } from './byte-string.ts';
import { BLOCK, encodeDirectory, encodeInode, sealFirstBlock } from './erofs-format.ts';
import { type Inode, type Listed, layOut, nidOf, outsideSize, type Plan } from './erofs-plan.ts';
import { encodeXattrs } from './erofs-xattrs.ts';
import { SequentialFile } from './sequential-file.ts';
import type { Content, Directory } from './tree.ts';

export interface DiskRequest {
  root: Directory;
  /** descriptors of the uncompressed layers, in their order */
  layers: readonly number[];
  /** descriptor of an empty file, open for reading and writing */
  disk: number;
  /** 16 bytes */
  uuid: Buffer;
  /** is told the disk's size, and gives what is to be told how far it is */
  onSize?: (bytes: number) => (count: number) => void;
}

/** Durable only when the caller has synced the file. */
export function writeErofs({ root, layers, disk, uuid, onSize }: DiskRequest): { bytes: number; entries: number } {
  const plan = layOut(root);
  const inodes = [...plan.inodes.values()];
  const out = new SequentialFile(disk, BLOCK, onSize?.(plan.blocks * BLOCK));
  const writer = { out, plan, layers };
  for (const inode of inodes) {
    out.padTo(inode.position);
    out.write(encodeInode(inode));
    if (inode.xattrSize > 0) out.write(encodeXattrs(inode.node.xattrs));
    writeContents(writer, inode, outsideSize(inode), inode.size);
  }
  for (const inode of inodes) {
    if (outsideSize(inode) === 0) continue;
    out.padTo(inode.firstBlock * BLOCK);
    writeContents(writer, inode, 0, outsideSize(inode));
  }
  out.padTo(plan.blocks * BLOCK);
  const volume = { rootNid: nidOf(plan.inodes.get(root)), inodes: inodes.length, blocks: plan.blocks, uuid };
  out.finish((firstBlock, sum) => sealFirstBlock(firstBlock, { ...volume, sum }));
  return { bytes: plan.blocks * BLOCK, entries: plan.entries };
}

interface Writer {
  out: SequentialFile;
  plan: Plan;
  layers: readonly number[];
}

/** Writes a part of what the inode contains. */
function writeContents({ out, plan, layers }: Writer, inode: Inode, from: number, to: number): void {
  const { node, entries } = inode;
  if (from === to) return;
  if (node.kind === 'file') copyContent(out, layers, node.content, from, to);
  if (node.kind === 'directory') out.write(directoryBytes(entries, plan).subarray(from, to));
  if (node.kind === 'symlink') out.write(bytesOf(node.target).subarray(from, to));
}

function copyContent(out: SequentialFile, layers: readonly number[], content: Content, from: number, to: number): void {
  const isWhole = out.copyFrom(layers[content.layer] ?? -1, content.offset + from, to - from);
  if (!isWhole) throw new MvmError('image.corrupt', `Layer ${content.layer + 1} of this image became shorter.`);
}

function directoryBytes(entries: readonly Listed[], { inodes }: Plan): Buffer {
  return encodeDirectory(entries.map(({ name, node }) => ({ name, kind: node.kind, nid: nidOf(inodes.get(node)) })));
}
