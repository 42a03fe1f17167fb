import fc from 'fast-check';
import type { ByteString } from '../../images/rootfs/byte-string.ts';
import type { TarInput } from '../../images/rootfs/tar-writer.ts';
import type { Attributes, Content, Directory, Node } from '../../images/rootfs/tree.ts';

const id = fc.oneof(fc.constantFrom(0, 1000, 65_535, 65_536, 0o7777777, 0o10000000, 4_000_000_000), fc.nat(70_000));

const byteString = (limits: { minLength: number; maxLength: number }): fc.Arbitrary<ByteString> =>
  fc.array(fc.integer({ min: 1, max: 255 }), limits).map((codes) => String.fromCharCode(...codes));

const fileName: fc.Arbitrary<ByteString> = fc
  .oneof(
    { weight: 5, arbitrary: fc.constantFrom('a', 'b', 'ab', 'a.b', 'Z', '-', ' ', 'é') },
    { weight: 5, arbitrary: byteString({ minLength: 1, maxLength: 30 }) },
    { weight: 1, arbitrary: byteString({ minLength: 250, maxLength: 255 }) },
  )
  .map((text) => text.replaceAll('/', '_'))
  .filter((text) => text !== '.' && text !== '..' && !text.startsWith('.wh.'));

const xattrName = fc.oneof(
  fc.constantFrom('user.a', 'security.capability', 'system.posix_acl_access', 'system.posix_acl_default', 'trusted.x'),
  byteString({ minLength: 1, maxLength: 40 }).map((text) => `user.${text.replaceAll('=', '-')}`),
);

const xattrs = fc
  .array(fc.tuple(xattrName, fc.uint8Array({ maxLength: 200 })), { maxLength: 3 })
  .map((pairs) => new Map(pairs.map(([name, value]) => [name, Buffer.from(value)])));

const attributes: fc.Arbitrary<Attributes> = fc.record({
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: id,
  gid: id,
  mtime: fc.record({
    seconds: fc.oneof(fc.integer({ min: -(2 ** 33), max: 2 ** 34 }), fc.constantFrom(0, -1, 2 ** 31)),
    nanoseconds: fc.oneof(fc.constant(0), fc.nat(999_999_999)),
  }),
  xattrs,
});

const size = fc.oneof(fc.constantFrom(0, 1, 4031, 4032, 4033, 4095, 4096, 4097, 8192, 70_000), fc.nat(6000));

/** Positions in `noise`. */
const content: fc.Arbitrary<Content> = fc.record({ layer: fc.constant(0), offset: fc.nat(100_000), size });

const leaf: fc.Arbitrary<Node> = fc
  .oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('file' as const), content }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('symlink' as const),
        target: fc.oneof(
          byteString({ minLength: 1, maxLength: 120 }),
          fc.constantFrom('x'.repeat(4031), 'x'.repeat(4033), 'y'.repeat(4095)),
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('character' as const, 'block' as const),
        major: fc.nat(4095),
        minor: fc.nat(0xfffff),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('fifo' as const) }) },
  )
  .chain((own) => attributes.map((common) => ({ ...common, ...own }) as Node));

const folder: fc.Memo<Directory> = fc.memo((depth) => {
  const child =
    depth > 1 ? fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: folder(depth - 1) }) : leaf;
  const children = fc.array(fc.tuple(fileName, child), { maxLength: 12 });
  return fc.tuple(attributes, children).map(([common, list]) => {
    return { ...common, kind: 'directory', children: new Map(list) };
  });
});

/** A file system such as a tar archive can carry, some of its files with several names. */
export const randomTree: fc.Arbitrary<Directory> = fc
  .tuple(folder(4), fc.array(fc.tuple(fc.nat(), fileName), { maxLength: 4 }))
  .map(([root, links]) => {
    const leaves = [...root.children.values()].filter((node) => node.kind !== 'directory');
    for (const [pick, name] of links) {
      const node = leaves[pick % leaves.length];
      if (node !== undefined && !root.children.has(name)) root.children.set(name, node);
    }
    return root;
  });

/** Bytes without a pattern that a misplaced block could share, the same in every run. */
export const noise: Buffer = Buffer.from(
  Uint32Array.from({ length: 50_000 }, (_, index) => Math.imul(index + 1, 2_654_435_761)).buffer,
);

export function noiseAt({ offset, size }: Content): Buffer {
  return noise.subarray(offset, offset + size);
}

/** As `tar` would list it: folders before what they contain, a second name as a hard link to the first. */
export function entriesOf(root: Directory): TarInput[] {
  const entries: TarInput[] = [];
  const first = new Map<Node, ByteString>();
  const visit = (node: Node, path: ByteString) => {
    const known = first.get(node);
    if (known !== undefined) {
      entries.push({ path, kind: 'hardlink', target: known });
      return;
    }
    first.set(node, path);
    if (node.kind === 'file') entries.push({ ...node, path, content: noiseAt(node.content) });
    else entries.push({ ...node, path });
    if (node.kind === 'directory') for (const [name, child] of node.children) visit(child, `${path}/${name}`);
  };
  visit(root, '.');
  return entries;
}
