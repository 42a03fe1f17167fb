import { expect, test } from 'vitest';
import { instructionsByFunction } from './profile.ts';

const systemMap = `ffffffff81000100 T second
ffffffff81000000 T first
ffffffff81000180 d data_is_no_function
`;

test('adds up the blocks of each function and puts the busiest first', () => {
  const profile = 'ffffffff81000000 10 1\nffffffff81000042 5 0\nffffffff810001ff 100 2\n';
  expect(instructionsByFunction(profile, systemMap)).toEqual([
    { name: 'second', untilPid1: 100, later: 2 },
    { name: 'first', untilPid1: 15, later: 1 },
  ]);
});

test('keeps what is not the kernel apart', () => {
  const rows = instructionsByFunction('401000 7 9\nffffffff80000000 1 0\n', systemMap);
  expect(rows.map(({ name }) => name)).toEqual(['(firmware, start code and programs)', '(below the kernel)']);
});
