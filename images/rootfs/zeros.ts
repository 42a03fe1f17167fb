/** Zeros are not written but left out, as holes: an image whose files are mostly empty takes no space for them. */

const ZEROS = Buffer.alloc(1024 * 1024);

/** Compares as memcmp does, so that other bytes are told at once. */
export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (ZEROS.compare(part, 0, part.length, 0, part.length) !== 0) return false;
  }
  return true;
}
