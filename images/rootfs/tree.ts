/** A file system as plain data, between the layers it was merged from and the disk it is written to. */
import type { ByteString } from './byte-string.ts';

export type Node = Directory | RegularFile | Symlink | Device | Fifo;

export interface Attributes {
  /** permission bits with set-id and sticky, at most 0o7777 */
  mode: number;
  uid: number;
  gid: number;
  mtime: Time;
  /** full name, `user.note` for example, to value */
  xattrs: ReadonlyMap<ByteString, Buffer>;
}

/** Since 1970; `nanoseconds` counts forward from `seconds`, before 1970 too. */
export interface Time {
  seconds: number;
  nanoseconds: number;
}

/** One node under two names is a hard link. */
export interface Directory extends Attributes {
  kind: 'directory';
  children: Map<ByteString, Node>;
}

export interface RegularFile extends Attributes {
  kind: 'file';
  content: Content;
}

export interface Symlink extends Attributes {
  kind: 'symlink';
  target: ByteString;
}

export interface Device extends Attributes {
  kind: 'character' | 'block';
  major: number;
  minor: number;
}

export interface Fifo extends Attributes {
  kind: 'fifo';
}

/** A file's bytes stay where they are: in the layer with this index, uncompressed. */
export interface Content extends Extent {
  layer: number;
}

export interface Extent {
  offset: number;
  size: number;
}

export const NO_XATTRS: ReadonlyMap<ByteString, Buffer> = new Map();

/** A folder that nobody described, as tar and its users expect it. */
export function plainDirectory(): Directory {
  const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, xattrs: NO_XATTRS };
  return { kind: 'directory', ...attributes, children: new Map() };
}
