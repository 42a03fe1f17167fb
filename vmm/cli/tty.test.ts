import { describe, expect, it } from 'vitest';
import { terminalSize } from './tty.ts';

const stream = (isTTY: boolean, columns: number, rows: number) => ({ isTTY, columns, rows }) as NodeJS.WriteStream;

describe('the size of a terminal', () => {
  it('is what it says, and none for a pipe or a terminal without one', () => {
    expect(terminalSize(stream(true, 80, 24))).toEqual({ columns: 80, rows: 24 });
    for (const none of [stream(false, 80, 24), stream(true, 0, 0), stream(true, 80, 0)])
      expect(terminalSize(none)).toBeNull();
  });
});
