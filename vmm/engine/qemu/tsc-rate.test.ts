import { expect, test } from 'vitest';
import { rateBetween } from './tsc-rate.ts';
import { decodeReading, rulerKernel } from './tsc-ruler.ts';

test('takes the rate from the middle of each reading', () => {
  const from = { tscBefore: 1_000n, tscAfter: 3_000n, ns: 1_000 };
  const to = { tscBefore: 2_600_000_000n, tscAfter: 2_600_004_000n, ns: 1_000_001_000 };
  expect(rateBetween(from, to)).toBe(2_600_000);
});

test('reads a counter that runs down by sixteen nanoseconds at a time', () => {
  const bytes = Buffer.alloc(20);
  bytes.writeBigUInt64LE(2n ** 40n, 0);
  bytes.writeBigUInt64LE(2n ** 40n + 7n, 8);
  bytes.writeUInt32LE(0xffffffff - 10, 16);
  expect(decodeReading(bytes)).toEqual({ tscBefore: 2n ** 40n, tscAfter: 2n ** 40n + 7n, ns: 160 });
});

test('is a 32-bit program with the note of a PVH kernel', () => {
  const elf = rulerKernel();
  expect(elf.subarray(0, 5)).toEqual(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1]));
  expect(elf.indexOf('Xen\0')).toBeGreaterThan(0);
});
