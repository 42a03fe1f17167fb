import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table, tableLines } from './table.ts';
import { clip, textWidth } from './width.ts';

const columns = [
  { title: 'NAME', least: 4 },
  { title: 'SIZE', right: true },
  { title: 'COMMAND', least: 7 },
];

describe('a table', () => {
  it('has one line a row, whatever the row holds', () => {
    const row = ['a', '1', "sh -c echo 'x\n  y'; \x1b[31mred\x07"];
    expect(tableLines(columns, [row], Number.POSITIVE_INFINITY)).toEqual([
      'NAME   SIZE   COMMAND',
      "a         1   sh -c echo 'x y'; red\\x07",
    ]);
  });

  it('is whole in a pipe and in a terminal that says nothing of its width', () => {
    for (const stream of [
      { isTTY: false, columns: 10 },
      { isTTY: true, columns: 0 },
    ]) {
      let text = '';
      const write = (part: string) => {
        text += part;
        return true;
      };
      table({ ...stream, write } as unknown as NodeJS.WriteStream, ['NAME'], [['x'.repeat(200)]]);
      expect(text).toContain('x'.repeat(200));
    }
  });

  it('first gives its gaps, then the widest column that may, then the next', () => {
    const row = ['a-long-name', '12', 'sleep 1000000'];
    const at = (room: number) => tableLines(columns, [row], room)[1];
    expect(at(34)).toBe('a-long-name     12   sleep 1000000');
    expect(at(33)).toBe('a-long-name    12  sleep 1000000');
    expect(at(30)).toBe('a-long-name    12  sleep 1000…');
    expect(at(24)).toBe('a-long-…    12  sleep 1…');
    expect(at(19)).toBe('a-l…    12  sleep …');
    expect(at(10)).toBe('a-l…    12');
  });

  it('counts wide characters as terminals draw them', () => {
    expect(
      tableLines(
        [{ title: 'A' }, { title: 'B' }],
        [
          ['日本', 'x'],
          ['e\u0301', 'y'],
          ['🚀', 'z'],
        ],
        80,
      ),
    ).toEqual(['A      B', '日本   x', 'e\u0301      y', '🚀     z']);
    expect(clip('日本語', 4)).toBe('日…');
    expect(textWidth('❤️')).toBe(2);
  });

  it('never wraps, whatever it holds', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { maxLength: 4 }),
        fc.integer({ min: 1, max: 60 }),
        (rows, room) => {
          for (const line of tableLines(columns, rows, room)) expect(textWidth(line)).toBeLessThanOrEqual(room);
        },
      ),
    );
  });

  it('is painted without counting the paint', () => {
    const green = (text: string) => `\x1b[32m${text}\x1b[39m`;
    expect(tableLines([{ title: 'STATE' }, { title: 'X' }], [[{ text: 'up', paint: green }, 'x']], 80)[1]).toBe(
      '\x1b[32mup\x1b[39m      x',
    );
  });
});
