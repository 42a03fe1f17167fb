/** What a file system should contain, in a form that any reader of it can produce: ours, or a guest's kernel. */
import { createHash } from 'node:crypto';
import type { ByteString } from '../../images/rootfs/byte-string.ts';
import type { Content, Directory, Node } from '../../images/rootfs/tree.ts';

export interface Facts {
  /** from the root, `/` itself included, one character a byte */
  path: ByteString;
  kind: Node['kind'];
  mode: number;
  uid: number;
  gid: number;
  /** whole seconds since 1970, rounded down, and nanoseconds on top */
  mtime: [number, number];
  links: number;
  /** the first path, by bytes, of the same inode */
  sameAs: ByteString;
  /** regular files: size and SHA-256 in hexadecimal */
  content?: { size: number; sha256: string };
  target?: ByteString;
  /** `major:minor` */
  device?: string;
  /** name to value in hexadecimal */
  xattrs: Record<ByteString, string>;
}

export function contentFacts(bytes: Buffer): { size: number; sha256: string } {
  return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Sorted by path. */
export function expectedFacts(root: Directory, read: (content: Content) => Buffer): Facts[] {
  const nodes = pathsOf(root);
  const firstPath = new Map<Node, ByteString>();
  const names = new Map<Node, number>();
  for (const [path, node] of nodes) {
    if (!firstPath.has(node)) firstPath.set(node, path);
    names.set(node, (names.get(node) ?? 0) + 1);
  }
  return nodes.map(([path, node]) => {
    const { kind, mode, uid, gid, mtime } = node;
    return {
      ...{ path, kind, mode, uid, gid, mtime: [mtime.seconds, mtime.nanoseconds] },
      links: node.kind === 'directory' ? 2 + folderCount(node) : (names.get(node) ?? 0),
      sameAs: firstPath.get(node) ?? '',
      ...(node.kind === 'file' && { content: contentFacts(read(node.content)) }),
      ...(node.kind === 'symlink' && { target: node.target }),
      ...('major' in node && { device: `${node.major}:${node.minor}` }),
      xattrs: Object.fromEntries([...node.xattrs].map(([name, value]) => [name, value.toString('hex')])),
    };
  });
}

function pathsOf(root: Directory): [ByteString, Node][] {
  const paths: [ByteString, Node][] = [['/', root]];
  for (const [path, node] of paths) {
    if (node.kind !== 'directory') continue;
    for (const [name, child] of node.children) paths.push([path === '/' ? `/${name}` : `${path}/${name}`, child]);
  }
  return paths.sort(([a], [b]) => (a < b ? -1 : 1));
}

function folderCount(folder: Directory): number {
  return [...folder.children.values()].filter((child) => child.kind === 'directory').length;
}
