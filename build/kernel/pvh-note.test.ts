import { expect, test } from 'vitest';
import { hasPvhNote } from './pvh-note.ts';

test('finds the PVH entry behind other notes', () => {
  expect(hasPvhNote(elfWith([note('GNU', 3, 20), note('Linux', 1, 1), note('Xen', 18, 4)]))).toBe(true);
});

test('takes no other owner or type for it', () => {
  expect(hasPvhNote(elfWith([note('GNU', 18, 4), note('Xen', 5, 4)]))).toBe(false);
  expect(hasPvhNote(elfWith([]))).toBe(false);
});

/** An ELF header, one PT_NOTE program header and the notes. */
function elfWith(notes: Buffer[]): Buffer {
  const head = Buffer.alloc(64 + 56);
  const body = Buffer.concat(notes);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(1, 56);
  head.writeUInt32LE(4, 64);
  head.writeBigUInt64LE(BigInt(head.length), 64 + 8);
  head.writeBigUInt64LE(BigInt(body.length), 64 + 32);
  return Buffer.concat([head, body]);
}

function note(owner: string, type: number, size: number): Buffer {
  const name = Buffer.alloc((owner.length + 4) & ~3);
  name.write(owner);
  const head = Buffer.alloc(12);
  for (const [index, value] of [owner.length + 1, size, type].entries()) head.writeUInt32LE(value, index * 4);
  return Buffer.concat([head, name, Buffer.alloc((size + 3) & ~3)]);
}
