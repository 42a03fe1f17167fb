/**
 * What stands behind a disk slot: a raw node, which the guest's disk holds on to, on a file node, which is exchanged.
 * The same objects serve on the command line and over QMP; as JSON, a comma in a path means nothing.
 */

export type BlockNode = Record<string, unknown> & { 'node-name': string };

/** Size that every slot shows while nothing stands in it, and that no disk of ours exceeds, 64 GiB. */
const SLOT_BYTES = 64 * 1024 ** 3;

export function fileNode(name: string, path: string, readOnly: boolean): BlockNode {
  // An image is shared by many machines; two of them on one writable disk would ruin it.
  const locking = readOnly ? 'off' : 'on';
  return { driver: 'file', 'node-name': name, filename: path, 'read-only': readOnly, locking, ...reclaim(readOnly) };
}

export function rawNode(name: string, file: string, readOnly: boolean): BlockNode {
  const zeroes = readOnly ? {} : { 'detect-zeroes': 'unmap' };
  return { driver: 'raw', 'node-name': name, file, 'read-only': readOnly, ...reclaim(readOnly), ...zeroes };
}

export function placeholder(name: string): BlockNode {
  return { driver: 'null-co', 'node-name': name, size: SLOT_BYTES, 'read-zeroes': true };
}

/** What the guest discards is given back to the host. */
const reclaim = (readOnly: boolean) => (readOnly ? {} : { discard: 'unmap' });

/** File nodes of a slot are numbered, for a new one is there before the old one goes. */
export const firstFileNode = (slot: string): string => `${slot}-file-0`;

export function nextFileNode(slot: string, present: readonly string[]): string {
  const numbers = fileNodesOf(slot, present).map((name) => Number(name.slice(`${slot}-file-`.length)));
  return `${slot}-file-${Math.max(-1, ...numbers) + 1}`;
}

export const fileNodesOf = (slot: string, present: readonly string[]): string[] =>
  present.filter((name) => name.startsWith(`${slot}-file-`));
