import { describe, expect, it } from 'vitest';
import { STDERR, STDOUT } from '../contract/stream.ts';
import { LineReader } from './lines.ts';

describe('lines', () => {
  it('are put together from pieces, each channel by itself, with the time of their beginning', () => {
    const reader = new LineReader();
    expect(reader.push(STDOUT, Buffer.from('one\ntw'), 1)).toEqual([{ channel: STDOUT, at: 1, text: 'one' }]);
    expect(reader.push(STDERR, Buffer.from('oops\n'), 2)).toEqual([{ channel: STDERR, at: 2, text: 'oops' }]);
    expect(reader.push(STDOUT, Buffer.from('o\n\nlast'), 3)).toEqual([
      { channel: STDOUT, at: 1, text: 'two' },
      { channel: STDOUT, at: 3, text: '' },
    ]);
    expect(reader.end()).toEqual([{ channel: STDOUT, at: 3, text: 'last' }]);
  });

  it('keep a character whole that was cut in two', () => {
    const reader = new LineReader();
    const bytes = Buffer.from('é\n');
    expect(reader.push(STDOUT, bytes.subarray(0, 1), 1)).toEqual([]);
    expect(reader.push(STDOUT, bytes.subarray(1), 2)).toMatchObject([{ text: 'é' }]);
  });

  it('end some time, even without a newline', () => {
    const reader = new LineReader();
    expect(reader.push(STDOUT, Buffer.alloc(300_000, 'x'), 1)).toHaveLength(1);
    expect(reader.end()).toEqual([]);
  });
});
