/** The archive with bytes of its first header replaced, and the checksum made right again unless it is one of them. */
export function patched(archive: Buffer, fields: Record<number, string | Buffer>): Buffer {
  const copy = Buffer.from(archive);
  for (const [at, bytes] of Object.entries(fields)) Buffer.from(bytes as Buffer).copy(copy, Number(at));
  if (CHECKSUM in fields) return copy;
  copy.write('        ', CHECKSUM);
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM);
  return copy;
}

const CHECKSUM = 148;

/** Where a header's size stands, as octal digits. */
export const SIZE = 124;
