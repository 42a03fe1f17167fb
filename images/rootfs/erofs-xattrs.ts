/** Extended attributes as EROFS keeps them, in one body behind their inode. */
import { type ByteString, bytesOf } from './byte-string.ts';

const XATTR_HEADER = 12;

/** The count that an inode stores: the header counts as one, then units of four bytes. */
export function xattrCount(size: number): number {
  return size === 0 ? 0 : 1 + (size - XATTR_HEADER) / 4;
}

/** The largest body whose count fits 16 bits. */
export const MAX_XATTR_SIZE = XATTR_HEADER + (0xffff - 1) * 4;

/** Name spaces by number. The access lists are one attribute each, without a name of its own. */
const nameSpaces: readonly { prefix: string; index: number; isWhole?: true }[] = [
  { prefix: 'user.', index: 1 },
  { prefix: 'system.posix_acl_access', index: 2, isWhole: true },
  { prefix: 'system.posix_acl_default', index: 3, isWhole: true },
  { prefix: 'trusted.', index: 4 },
  { prefix: 'security.', index: 6 },
];

/** How EROFS writes an attribute's name; null when Linux has no place for it, as for other systems' attributes. */
export function splitXattrName(name: ByteString): { index: number; rest: ByteString } | null {
  for (const { prefix, index, isWhole } of nameSpaces) {
    const isIn = isWhole ? name === prefix : name.startsWith(prefix) && name.length > prefix.length;
    if (isIn) return { index, rest: name.slice(prefix.length) };
  }
  return null;
}

/** The attributes' body behind an inode: header, then name and value of each, padded to four bytes. */
export function encodeXattrs(xattrs: ReadonlyMap<ByteString, Buffer>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const split = splitXattrName(name);
    if (split !== null) parts.push(encodeXattr(split.index, bytesOf(split.rest), value));
  }
  return parts.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(XATTR_HEADER), ...parts]);
}

function encodeXattr(index: number, name: Buffer, value: Buffer): Buffer {
  const entry = Buffer.alloc(Math.ceil((4 + name.length + value.length) / 4) * 4);
  entry.writeUInt8(name.length, 0);
  entry.writeUInt8(index, 1);
  entry.writeUInt16LE(value.length, 2);
  name.copy(entry, 4);
  value.copy(entry, 4 + name.length);
  return entry;
}
