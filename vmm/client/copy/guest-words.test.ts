import { expect, it } from 'vitest';
import { GuestWords } from './guest-words.ts';
import { Tally } from './tally.ts';

function hear(...pieces: (string | Buffer)[]): { tally: Tally; words: GuestWords } {
  const tally = new Tally();
  const words = new GuestWords(tally);
  for (const piece of pieces) words.hear(Buffer.from(piece as string));
  return { tally, words };
}

it('files that were left out are counted, and the first of them named', () => {
  const line = `${JSON.stringify({ code: 'copy.left-out', message: 'é is a socket' })}\n`;
  const { tally, words } = hear(line.slice(0, 50), line.slice(50), ...Array.from({ length: 1000 }, () => line));
  expect([tally.leftOutCount, tally.leftOut.length, words.worst]).toEqual([1001, 20, null]);
  expect(tally.leftOut[0]).toBe('é is a socket');
});

it('the last of what is worse counts', () => {
  const { words } = hear('{"code":"copy.failed","message":"a"}\n{"code":"copy.disk-full","message":"b\\u001b[2J"}\n');
  expect(words.worst).toMatchObject({ code: 'copy.disk-full', message: 'b' });
});

it.each(['panic: it broke\n', '{"code":7,"message":null}\n', '[]\n', 'null\n', '\n', Buffer.from([0xff, 0x1b, 0x0a])])(
  'what is no such line is read as far as it can be: %j',
  (line) => {
    const { words } = hear(line);
    expect(words.worst).toMatchObject({ code: 'copy.failed' });
    expect(words.worst?.message).not.toContain('\x1b');
  },
);

it('a line without an end takes no more memory than a long one', () => {
  const { words } = hear(...Array.from({ length: 100 }, () => Buffer.alloc(65_536, 'x')), '\n');
  expect(words.worst?.message).toHaveLength(1000);
});
