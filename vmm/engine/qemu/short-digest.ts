/** A short stable name for a string of any length. */
import { createHash } from 'node:crypto';

export const shortDigest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
