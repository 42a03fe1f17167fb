import { expect, test } from 'vitest';
import { fileNodesOf, firstFileNode, nextFileNode } from './blocks.ts';

test('gives each new file of a slot a name that is not taken', () => {
  const first = firstFileNode('d0');
  const second = nextFileNode('d0', ['d0', first, 'd1', 'd1-file-7']);
  expect(second).toBe('d0-file-1');
  expect(nextFileNode('d0', ['d0', second])).toBe('d0-file-2');
  expect(nextFileNode('d0', ['d0'])).toBe('d0-file-0');
});

test('tells the files of one slot from those of another', () => {
  expect(fileNodesOf('d1', ['d1', 'd1-file-0', 'd10-file-0', 'd0-file-0'])).toEqual(['d1-file-0']);
});
