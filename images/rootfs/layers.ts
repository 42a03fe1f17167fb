/**
 * Lays layers upon one another, as https://github.com/opencontainers/image-spec/blob/main/layer.md says. Symlinks on
 * the way to an entry are followed within the image, never out of it: `lib/x` in an upper layer goes through a lower
 * layer's `lib -> usr/lib`.
 */
import { MvmError } from '../../vmm/contract/errors.ts';
import { type ByteString, printable } from './byte-string.ts';
import type { TarEntry } from './tar.ts';
import { type Attributes, type Directory, type Node, plainDirectory } from './tree.ts';

export function mergeLayers(layers: Iterable<Iterable<TarEntry>>): Directory {
  const root = plainDirectory();
  let index = 0;
  let entries = 0;
  let text = 0;
  for (const layer of layers) {
    const { whiteouts, additions } = sorted(layer, (entry) => {
      entries += 1;
      if (entries > MAX_ENTRIES) throw tooLarge(`more than ${MAX_ENTRIES} files`);
      text += textIn(entry);
      if (text > MAX_TEXT) throw tooLarge(`more than ${MAX_TEXT} bytes of names, links and attributes`);
    });
    // A layer's whiteouts hide what lies below it and nothing of its own, wherever in the layer they stand.
    for (const whiteout of whiteouts) hide(root, whiteout);
    for (const addition of additions) add(root, addition, index);
    index += 1;
  }
  return root;
}

/** Over all layers. Full distributions have 100,000 to 400,000; a million takes 1.2 GB of memory and 11 s. */
const MAX_ENTRIES = 1_000_000;

/** 512 MiB, all of which is in memory: a distribution has 20. */
const MAX_TEXT = 512 * 1024 * 1024;

function textIn(entry: TarEntry): number {
  const target = 'target' in entry ? entry.target.length : 0;
  let size = entry.path.length + target;
  for (const [name, value] of entry.xattrs) size += name.length + value.length;
  return size;
}

interface Placed {
  entry: TarEntry;
  /** names from the root down; empty for the root itself */
  names: ByteString[];
}

const WHITEOUT = '.wh.';
/** Everything in its folder; other names that begin so are aufs's own bookkeeping. */
const OPAQUE = '.wh..wh..opq';
const BOOKKEEPING = '.wh..wh.';

function sorted(
  layer: Iterable<TarEntry>,
  onEntry: (entry: TarEntry) => void,
): { whiteouts: Placed[]; additions: Placed[] } {
  const whiteouts: Placed[] = [];
  const additions: Placed[] = [];
  for (const entry of layer) {
    onEntry(entry);
    const names = safeNames(entry.path);
    const last = names.at(-1) ?? '';
    if (last.startsWith(WHITEOUT) && (last === OPAQUE || !last.startsWith(BOOKKEEPING))) {
      whiteouts.push({ entry, names });
    } else if (!names.some((name) => name.startsWith(BOOKKEEPING))) {
      additions.push({ entry, names });
    }
  }
  return { whiteouts, additions };
}

/** Linux's limits, in bytes: of a name, and of a path without its closing zero. */
const MAX_NAME = 255;
const MAX_PATH = 4095;

/** A leading slash means the image's root. `..` takes back the name before it, as docker reads it, and never climbs. */
function safeNames(path: ByteString): ByteString[] {
  if (path.length > MAX_PATH + 1) throw unsupported(`the path ${printable(path)} is longer than ${MAX_PATH} bytes`);
  const names: ByteString[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name.length > MAX_NAME) throw unsupported(`the name ${printable(name)} is longer than ${MAX_NAME} bytes`);
    if (name !== '..') names.push(name);
    else if (names.pop() === undefined) throw corrupt(`the path ${printable(path)} leads out of the image`);
  }
  return names;
}

function hide(root: Directory, { entry, names }: Placed): void {
  const last = names.at(-1) ?? '';
  const hidden = last.slice(WHITEOUT.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw corrupt(`${printable(entry.path)} hides nothing`);
  const parent = walk(root, names.slice(0, -1), { make: false });
  if (last === OPAQUE) parent?.children.clear();
  else parent?.children.delete(hidden);
}

function add(root: Directory, { entry, names }: Placed, layer: number): void {
  const name = names.at(-1);
  if (name === undefined) {
    describeRoot(root, entry);
    return;
  }
  const parent = walk(root, names.slice(0, -1), { make: true });
  const existing = parent.children.get(name);
  if (entry.kind === 'hardlink') parent.children.set(name, linked(root, entry));
  else if (entry.kind === 'directory' && existing?.kind === 'directory') Object.assign(existing, attributes(entry));
  else parent.children.set(name, nodeOf(entry, layer));
}

function describeRoot(root: Directory, entry: TarEntry): void {
  if (entry.kind !== 'directory') throw corrupt('its root is no folder');
  Object.assign(root, attributes(entry));
}

function linked(root: Directory, entry: TarEntry & { kind: 'hardlink' }): Node {
  const names = safeNames(entry.target);
  const node = walk(root, names.slice(0, -1), { make: false })?.children.get(names.at(-1) ?? '');
  const link = `${printable(entry.path)} is a hard link to ${printable(entry.target)}`;
  if (node === undefined) throw corrupt(`${link}, which is not there`);
  if (node.kind === 'directory') throw corrupt(`${link}, which is a folder`);
  return node;
}

function attributes({ mode, uid, gid, mtime, xattrs }: TarEntry): Attributes {
  return { mode, uid, gid, mtime, xattrs: withoutOverlays(xattrs) };
}

/** Overlayfs's own notes, left by builders: a guest's overlay would take them for its own and hide or redirect files. */
function withoutOverlays(xattrs: Attributes['xattrs']): Attributes['xattrs'] {
  const isNote = (name: ByteString) => /^(trusted|user)\.overlay\./.test(name);
  const hasNotes = [...xattrs.keys()].some(isNote);
  return hasNotes ? new Map([...xattrs].filter(([name]) => !isNote(name))) : xattrs;
}

function nodeOf(entry: Exclude<TarEntry, { kind: 'hardlink' }>, layer: number): Node {
  const common = attributes(entry);
  switch (entry.kind) {
    case 'directory':
      return { ...common, kind: 'directory', children: new Map() };
    case 'file':
      return { ...common, kind: 'file', content: { ...entry.content, layer } };
    case 'symlink':
      if (entry.target.length > MAX_PATH) throw unsupported(`the link ${printable(entry.path)} has too long a target`);
      return { ...common, kind: 'symlink', target: entry.target };
    case 'character':
    case 'block':
      return { ...common, kind: entry.kind, major: entry.major, minor: entry.minor };
    case 'fifo':
      return { ...common, kind: 'fifo' };
  }
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** The folder at these names. What is missing or no folder is made one, or else there is none. */
function walk(root: Directory, names: ByteString[], options: { make: true }): Directory;
function walk(root: Directory, names: ByteString[], options: { make: false }): Directory | null;
function walk(root: Directory, names: ByteString[], { make }: { make: boolean }): Directory | null {
  let trail = [root];
  let links = 0;
  const left = names.toReversed();
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    const here = trail.at(-1) ?? root;
    const child = here.children.get(name);
    if (name === '..') {
      if (trail.length > 1) trail.pop();
    } else if (child?.kind === 'symlink') {
      links += 1;
      if (links > MAX_LINKS) throw corrupt(`the way to ${printable(names.join('/'))} leads through a loop of links`);
      if (child.target.startsWith('/')) trail = [root];
      left.push(...linkNames(child.target).reverse());
    } else if (child?.kind === 'directory') {
      trail.push(child);
    } else {
      if (!make) return null;
      const made = plainDirectory();
      here.children.set(name, made);
      trail.push(made);
    }
  }
  return trail.at(-1) ?? root;
}

/** A link may name what cannot exist; it matters only once an entry goes that way, and `..` is fine. */
function linkNames(target: ByteString): ByteString[] {
  const names = target.split('/').filter((name) => name !== '' && name !== '.');
  const tooLong = names.find((name) => name.length > MAX_NAME);
  if (tooLong !== undefined) throw unsupported(`the name ${printable(tooLong)} is longer than ${MAX_NAME} bytes`);
  return names;
}

function corrupt(what: string): MvmError {
  return new MvmError('image.corrupt', `This image is damaged: ${what}.`);
}

function unsupported(what: string): MvmError {
  return new MvmError('image.unsupported', `This image holds what mvm cannot take: ${what}.`);
}

function tooLarge(what: string): MvmError {
  return new MvmError('image.too-large', `This image has ${what}.`);
}
