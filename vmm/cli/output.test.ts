import { describe, expect, it } from 'vitest';
import { table } from './output.ts';

function drawn(columns: number | null, rows: string[][]): string[] {
  let text = '';
  const write = (part: string) => {
    text += part;
    return true;
  };
  table({ write, isTTY: columns !== null, columns } as unknown as NodeJS.WriteStream, ['NAME', 'COMMAND'], rows);
  return text.split('\n').slice(0, -1);
}

describe('a table', () => {
  it('has one line a row, whatever the row holds', () => {
    expect(drawn(null, [['a', "sh -c echo 'x\n  y'; \x1b[31mred\x07"]])).toEqual([
      'NAME   COMMAND',
      "a      sh -c echo 'x y'; red\\x07",
    ]);
  });

  it('is cut at the edge of a terminal and whole in a pipe', () => {
    const rows = [['a', 'sleep 1000000']];
    expect(drawn(14, rows)[1]).toBe('a      sleep …');
    expect(drawn(null, rows)[1]).toBe('a      sleep 1000000');
  });
});
