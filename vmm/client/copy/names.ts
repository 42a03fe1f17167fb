/** What a name from a guest may be: pure, for all that keeps a copy within its folder rests on it. */
import type { ArchiveEntry } from './archive.ts';

/** A name's parts, `.` and doubled slashes left out; a string says why it cannot be taken. */
export function partsOf(name: string): string[] | string {
  if (name.startsWith('/')) return 'has an absolute name';
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? 'has a name that leads out of the folder' : parts;
}

/** Why an entry of this kind cannot be taken from a guest, `above` folders below the top of what is copied; or null. */
export function refusalOf({ kind, target }: ArchiveEntry, above: number): string | null {
  switch (kind) {
    case 'character':
    case 'block':
      return 'is a device';
    case 'fifo':
      return 'is a named pipe';
    case 'symlink':
      return leadsOut(target, above) ? 'is a link that leads out of what is copied' : null;
    case 'file':
    case 'folder':
    case 'hardlink':
      return null;
    default:
      return kind satisfies never;
  }
}

/**
 * Whether a link may lead out of the tree that it lies `above` folders deep in. A `..` behind a name counts, for the
 * name may be a link itself: `a -> b/c`, and `a/..` is not where it is read to be.
 */
export function leadsOut(target: string, above: number): boolean {
  if (target.startsWith('/')) return true;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const ups = parts.findIndex((part) => part !== '..');
  const leading = ups < 0 ? parts.length : ups;
  return leading > above || parts.indexOf('..', leading) >= 0;
}
