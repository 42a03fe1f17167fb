import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { editSource, replaceOnce } from './edit.ts';

test('a place is replaced where it stands and nowhere else', () => {
  expect(replaceOnce('one two three', 'two', '$&')).toBe('one $& three');
});

test('a place that is missing or ambiguous stops the build', () => {
  expect(() => replaceOnce('one three', 'two', '2')).toThrow('not found: two');
  expect(() => replaceOnce('two two', 'two', '2')).toThrow('more than once: two');
  expect(() => replaceOnce('aaa', 'aa', 'b')).toThrow('more than once');
});

test('edits of one file are made in their order, and one that does not fit names the file', () => {
  const tree = mkdtempSync(join(tmpdir(), 'mvm-edit-'));
  onTestFinished(() => rmSync(tree, { recursive: true }));
  writeFileSync(join(tree, 'main.c'), 'one');
  const edit = (from: string, to: string) => ({
    file: 'main.c',
    apply: (text: string) => replaceOnce(text, from, to),
  });
  editSource(tree, [edit('one', 'two'), edit('two', 'three')]);
  expect(readFileSync(join(tree, 'main.c'), 'utf8')).toBe('three');
  expect(() => editSource(tree, [edit('one', 'two')])).toThrow('The edit of main.c does not fit');
});
