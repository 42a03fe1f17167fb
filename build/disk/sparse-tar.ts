import { MvmError } from '../../vmm/contract/errors.ts';

/**
 * The pieces of the one sparse file in a tar archive: GNU tar finds a file's data where Node has no call for it. The
 * format is PAX sparse 1.0 (GNU tar's manual, Sparse Formats): a pax header, the file's header, a map in decimal lines
 * padded to whole blocks, then the data.
 */
export function readSparseTar(tar: Buffer): { offset: number; data: Buffer }[] {
  const paxSize = Number.parseInt(tar.toString('latin1', 124, 136), 8);
  if (!tar.toString('latin1', block, block + paxSize).includes('GNU.sparse.major=1\n')) {
    throw new MvmError(
      'build.no-sparse-tar',
      'tar wrote no sparse file: the cache needs a file system with sparse files.',
    );
  }
  const map = block + roundUp(paxSize) + block;
  let at = map;
  const number = (): number => {
    const end = tar.indexOf('\n', at);
    const value = Number(tar.toString('latin1', at, end));
    at = end + 1;
    return value;
  };
  const take = (length: number): Buffer => {
    at += length;
    return tar.subarray(at - length, at);
  };
  const extents = Array.from({ length: number() }, () => ({ offset: number(), length: number() }));
  at = map + roundUp(at - map);
  return extents.map(({ offset, length }) => ({ offset, data: take(length) }));
}

const block = 512;
const roundUp = (size: number): number => Math.ceil(size / block) * block;
