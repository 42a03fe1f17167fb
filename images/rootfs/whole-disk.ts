import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { diskUuid } from './disk-uuid.ts';
import { BLOCK, readFirstBlock } from './erofs-format.ts';

/**
 * Whether the disk that was built from this text is there in its whole length. It reads one block, so that every start
 * can ask; a byte changed further on is not seen.
 */
export function isWholeDisk(path: string, uuidFrom: string): boolean {
  const file = openIfThere(path);
  if (file === null) return false;
  try {
    const block = Buffer.alloc(BLOCK);
    const found = readFirstBlock(block.subarray(0, readSync(file, block, 0, BLOCK, 0)));
    return found !== null && found.blocks * BLOCK === fstatSync(file).size && found.uuid.equals(diskUuid(uuidFrom));
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
