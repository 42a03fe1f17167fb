import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Directory, type Node, plainDirectory } from '../../images/rootfs/tree.ts';
import { compileForGuest, hasGo } from '../guest-program.ts';
import { world } from '../world.ts';
import { expectedFacts, type Facts } from './facts.ts';
import { Layout, named } from './layout.ts';
import { entriesOf, noiseAt, randomTree } from './random-tree.ts';

const why = hasGo ? '' : ' (skipped: Go is not installed)';

/** What test/images/walk prints of a path. */
type Seen = Omit<Facts, 'sameAs'> & { inode: string; size: number };

describe.skipIf(!hasGo)(`the guest's own kernel${why}`, () => {
  let folder = '';
  let walk: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mvm-guest-image-'));
    walk = await compileForGuest(join(import.meta.dirname, 'walk'), folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What a program in a machine of the image sees from `path` on, but for `others`. */
  async function seenIn(layout: Layout, path: string, ...others: string[]): Promise<Seen[]> {
    const w = world();
    const imported = await w.mvm(['images', 'import', await layout.folder(folder), 'trees']);
    expect(imported).toMatchObject({ code: 0, stdout: 'trees\n' });
    const { code, stdout, stderr } = await w.mvm(['run', 'trees', path, ...others]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    return lines.map((line): Seen => JSON.parse(line)).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Three layers, packed in each of the ways, the random trees shared out among the upper two. */
  function imageOf(trees: Directory[]): Layout {
    const layout = new Layout();
    const program = { path: 'walk', kind: 'file' as const, mode: 0o755, content: walk };
    const [even, odd] = [0, 1].map((rest) => rootWith(trees, (index) => index % 2 === rest));
    const layers = [
      layout.layer([program], 'plain'),
      layout.layer(entriesOf(even as Directory), 'gzip'),
      layout.layer(entriesOf(odd as Directory), 'zstd'),
    ];
    return layout.index(named(layout.imageOf(layers, { config: { Entrypoint: ['/walk'] } }), 'trees'));
  }

  it('reads every name, byte, owner, mode, time, link and attribute of random trees back', async () => {
    const sample = fc.sample(randomTree, { seed: 20_261_124, numRuns: 40 });
    const trees = [...sample.map(asLinuxTells), ofThousands(), withLargeFile(), ofLongPath()];
    const seen = await seenIn(imageOf(trees), '/tree');
    const expected = expectedFacts(rootWith(trees), noiseAt).filter(({ path }) => path.startsWith('/tree'));
    expect(kindsOf(seen)).toEqual(['block', 'character', 'directory', 'fifo', 'file', 'symlink']);
    expect(seen.some(({ kind, links }) => kind === 'file' && links > 1)).toBe(true);
    expect(factsOf(seen)).toEqual(expected);
    for (const { target, size } of seen) if (target !== undefined) expect(size).toBe(target.length);
  });

  it('gives the root the owner and mode that the image says, and puts no more into it than mounts', async () => {
    const layout = new Layout();
    const layer = layout.layer([
      { path: '.', kind: 'directory', mode: 0o711, uid: 70_000, gid: 4_000_000_000 },
      { path: 'walk', kind: 'file', mode: 0o755, content: walk },
    ]);
    layout.index(layout.imageOf([layer], { config: { Entrypoint: ['/walk'] } }));
    const seen = await seenIn(layout, '/', '/dev', '/proc', '/sys');
    expect(seen[0]).toMatchObject({ mode: 0o711, uid: 70_000, gid: 4_000_000_000 });
    expect(seen.map(({ path }) => path)).toEqual(['/', '/walk']);
  });
});

/** As facts.ts has them: paths of one inode are told by the first of them. */
function factsOf(seen: Seen[]): Facts[] {
  const first = new Map<string, string>();
  for (const { inode, path } of seen) if (!first.has(inode)) first.set(inode, path);
  return seen.map(({ inode, size: _, ...facts }) => ({ ...facts, sameAs: first.get(inode) ?? '' }));
}

const kindsOf = (seen: Seen[]): string[] => [...new Set(seen.map(({ kind }) => kind))].sort();

/** `/tree/0`, `/tree/1` …: below what a machine adds to its root. */
function rootWith(trees: Directory[], isIn: (index: number) => boolean = () => true): Directory {
  const numbered = trees.map((tree, index): [string, Node] => [String(index), tree]);
  const children = new Map(numbered.filter((_, index) => isIn(index)));
  return folderOf(new Map([['tree', folderOf(children)]]));
}

const folderOf = (children: Map<string, Node>): Directory => ({ ...plainDirectory(), children });

/** The same tree with what Linux would show as it is: some attributes mean something to the kernel itself. */
function asLinuxTells(tree: Directory): Directory {
  const known = new Map<Node, Node>();
  const tell = (node: Node): Node => {
    const told = known.get(node) ?? ({ ...node, xattrs: legible(node) } as Node);
    known.set(node, told);
    return told.kind === 'directory' ? withChildren(told, tell) : told;
  };
  return tell(tree) as Directory;
}

/** An overlay takes a character device 0:0 for a file that was removed. */
const isWhiteout = (node: Node): boolean => node.kind === 'character' && node.major === 0 && node.minor === 0;

function withChildren(folder: Directory, tell: (node: Node) => Node): Directory {
  const kept = [...folder.children].filter(([, child]) => !isWhiteout(child));
  return { ...folder, children: new Map(kept.map(([name, child]) => [name, tell(child)])) };
}

/**
 * Capabilities and access lists must be well-formed to be read (cap_inode_getsecurity, posix_acl_from_xattr), links
 * and devices have no access lists or attributes of users (xattr(7)).
 */
function legible({ kind, xattrs }: Node): Node['xattrs'] {
  const wellFormed = new Map(
    [...xattrs].map(([name, value]) => [name, name in meaningful ? (meaningful[name] as Buffer) : value]),
  );
  if (kind !== 'directory') wellFormed.delete('system.posix_acl_default');
  if (kind === 'directory' || kind === 'file') return wellFormed;
  return new Map([...wellFormed].filter(([name]) => !/^(user\.|system\.)/.test(name)));
}

/** Version 2, then pairs of tag and permissions with an id: the owner, user 1000, the group, the mask, others. */
const accessList = Buffer.from(
  '02000000 01000700ffffffff 02000500e8030000 04000500ffffffff 10000700ffffffff 20000500ffffffff'.replaceAll(' ', ''),
  'hex',
);

const meaningful: Record<string, Buffer> = {
  'system.posix_acl_access': accessList,
  'system.posix_acl_default': accessList,
  // Revision 2 with the effective bit, then CAP_NET_BIND_SERVICE.
  'security.capability': Buffer.from('0100000200040000000000000000000000000000', 'hex'),
};

/** More names than a block of a folder has room for. */
function ofThousands(): Directory {
  const file = (index: number): Node => ({
    ...plainDirectory(),
    kind: 'file',
    content: { layer: 0, offset: index, size: index % 40 },
  });
  const name = (index: number) => String(index).padEnd(index % 50 === 0 ? 255 : 4 + (index % 9), 'n');
  return folderOf(new Map(Array.from({ length: 4000 }, (_, index) => [name(index), file(index)])));
}

function withLargeFile(): Directory {
  const large: Node = { ...plainDirectory(), kind: 'file', content: { layer: 0, offset: 0, size: 199_999 } };
  return folderOf(new Map([['large', large]]));
}

/** 3,989 characters: what Linux takes in one call is 4,095. */
function ofLongPath(): Directory {
  const names = Array.from({ length: 20 }, (_, index) => String(index).padStart(198, 'p'));
  return names.reduce((inner, name) => folderOf(new Map([[name, inner]])), folderOf(new Map()));
}
