import { describe, expect, it } from 'vitest';
import { milliseconds, size, span } from './words.ts';

describe('figures in words', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KiB'],
    [1536, '1.5 KiB'],
    [121 * 1024 * 1024, '121 MiB'],
    [1023 * 1024 * 1024, '1 GiB'],
    [1.9 * 1024 ** 3, '1.9 GiB'],
  ])('%s bytes are %s', (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });

  it.each([
    [0, 'now'],
    [59_000, '59 s'],
    [61_000, '1 min'],
    [2 * 3_600_000, '2 h'],
    [49 * 3_600_000, '2 d'],
  ])('%s ms ago is %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });

  it('have a decimal while it says something', () => {
    expect([8.66, 402.4, 61_400].map(milliseconds)).toEqual([
      { value: '8.7', unit: 'ms' },
      { value: '402', unit: 'ms' },
      { value: '61.4', unit: 's' },
    ]);
  });
});
