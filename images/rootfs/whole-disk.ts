/** Whether an image's disk is as it was built. */
import { open, utimes } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { diskUuid } from './disk-uuid.ts';
import { BLOCK, readFirstBlock } from './erofs-format.ts';

/**
 * The time of last change that a disk is given when it is finished: any other one says that somebody wrote to it, or
 * copied it. So a start need not read the whole disk, and still notices what was done to it.
 */
export const SEALED = new Date('2001-09-09T01:46:40Z');

/**
 * Whether the disk that was built from this text is there, whole and unchanged. While its seal is unbroken this reads
 * one block, so that every start can ask; otherwise, or when it has to be `thorough`, all of them.
 */
export async function isWholeDisk(path: string, uuidFrom: string, { thorough = false } = {}): Promise<boolean> {
  const file = await openIfThere(path);
  if (file === null) return false;
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(BLOCK), position: 0 });
    const found = readFirstBlock(buffer.subarray(0, bytesRead));
    const { size, mtimeMs } = await file.stat();
    if (found === null || found.blocks * BLOCK !== size || !found.uuid.equals(diskUuid(uuidFrom))) return false;
    if (mtimeMs === SEALED.getTime() && !thorough) return true;
    if ((await sumOf(file.createReadStream({ start: BLOCK, autoClose: false }))) !== found.sum) return false;
  } finally {
    await file.close();
  }
  // Where this is not allowed, the next start reads it all again.
  await utimes(path, SEALED, SEALED).catch(() => {});
  return true;
}

async function sumOf(chunks: AsyncIterable<Buffer>): Promise<number> {
  let sum = 0;
  for await (const chunk of chunks) sum = crc32(chunk, sum);
  return sum;
}

async function openIfThere(path: string) {
  try {
    return await open(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
