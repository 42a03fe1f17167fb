/** The files that icons come in: PNG, and Windows' and macOS' collections of PNGs. */
import { crc32, deflateSync } from 'node:zlib';

/** PNG, second edition: https://www.w3.org/TR/png/ */
export function png(pixels: Buffer, size: number): Buffer {
  const rows = Buffer.alloc(size * (size * 4 + 1));
  // Each row begins with its filter: none.
  for (let y = 0; y < size; y++) pixels.copy(rows, y * (size * 4 + 1) + 1, y * size * 4, (y + 1) * size * 4);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // 8 bits a channel, colour with alpha.
  header.set([8, 6], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

export interface Sized {
  size: number;
  png: Buffer;
}

/** Windows has read PNG inside since Vista. A size of 256 is written as 0. */
export function ico(images: Sized[]): Buffer {
  const head = Buffer.alloc(6 + 16 * images.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(images.length, 4);
  let offset = head.length;
  for (const [index, { size, png: bytes }] of images.entries()) {
    const at = 6 + 16 * index;
    head.set([size % 256, size % 256], at);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(bytes.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += bytes.length;
  }
  return Buffer.concat([head, ...images.map((image) => image.png)]);
}

/** The types that hold PNG, by their size in pixels. */
const ICNS_TYPES: Record<number, string[]> = {
  32: ['ic11'],
  64: ['ic12'],
  128: ['ic07'],
  256: ['ic08', 'ic13'],
  512: ['ic09', 'ic14'],
  1024: ['ic10'],
};

export function icns(images: Sized[]): Buffer {
  const entries = images.flatMap(({ size, png: bytes }) =>
    (ICNS_TYPES[size] ?? []).map((type) => Buffer.concat([entryHead(type, bytes.length), bytes])),
  );
  const body = Buffer.concat(entries);
  return Buffer.concat([entryHead('icns', body.length), body]);
}

function entryHead(type: string, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(length + 8, 4);
  return head;
}
