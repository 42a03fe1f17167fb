import { expect, test } from 'vitest';
import { aim, bound, breaks, type Figure, summarize, verdict } from './figure.ts';

const figure = (change: Partial<Figure>): Figure => ({ what: '', unit: 'times', samples: [], command: '', ...change });

test('the median of an even number of samples lies between the two in the middle', () => {
  expect(summarize([9, 1, 2, 4])).toEqual({ median: 3, least: 1, most: 9 });
  expect(summarize([5, 1, 100])).toEqual({ median: 5, least: 1, most: 100 });
});

test('one slow sample does not make a figure miss its bound, a slow median does', () => {
  expect(verdict(figure({ samples: [1.4, 9, 1.5], bound: bound(1.5) }))).toBe('met');
  expect(verdict(figure({ samples: [1.6, 1.4, 1.7], bound: bound(1.5) }))).toBe('missed');
});

test('what was not measured is neither met nor missed, and breaks nothing', () => {
  const skipped = figure({ skipped: 'no podman', bound: bound(3) });
  expect(verdict(skipped)).toBe('unknown');
  expect(breaks(skipped)).toBe(false);
});

test('a missed bound breaks the check, a missed aim and slow seconds do not', () => {
  expect(breaks(figure({ samples: [4], bound: bound(3) }))).toBe(true);
  expect(breaks(figure({ samples: [4], bound: aim(3) }))).toBe(false);
  expect(breaks(figure({ samples: [4], bound: bound(3), unit: 'ms' }))).toBe(false);
});
