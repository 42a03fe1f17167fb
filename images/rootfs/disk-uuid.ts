import { createHash } from 'node:crypto';

/** The UUID of an image's file system: version 8, a digest of our own choice (RFC 9562). */
export function diskUuid(text: string): Buffer {
  const uuid = createHash('sha256').update(text).digest().subarray(0, 16);
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x80;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return uuid;
}
