import { describe, expect, it } from 'vitest';
import { STDERR, STDOUT } from '../contract/stream.ts';
import { Replay } from './replay.ts';

const attached = (stdout: number, recorded: number) => ({
  type: 'attached' as const,
  machine: null,
  name: 'n',
  session: 's',
  main: true,
  tty: true,
  stdin: 0,
  stdout,
  stderr: 0,
  recorded: { stdout: recorded, stderr: 0 },
});

function shown(old: string[], live: string): string {
  const replay = new Replay();
  replay.begin(attached(5, 5 + old.join('').length));
  return [...old, live].map((text) => replay.take(STDOUT, Buffer.from(text, 'latin1')).toString('latin1')).join('');
}

describe('a terminal’s scrollback', () => {
  it('is shown without the questions that the terminal would answer again', () => {
    const questions = [
      '\x1b[6n',
      '\x1b[c',
      '\x1b[>0c',
      '\x1b]11;?\x07',
      '\x1b]10;?\x1b\\',
      '\x1bP+q544e\x1b\\',
      '\x1b[18t',
    ];
    expect(shown([`/ # ${questions.join('ls')}`], '')).toBe(`/ # ${Array(questions.length).join('ls')}`);
  });

  it('keeps colours, titles, cursor movements and every other byte', () => {
    const text = '\x1b[1;31mred\x1b[0m\x1b]0;title\x07\x1b[2J\x1b[3;4H\xff\x00é';
    expect(shown([text], '')).toBe(text);
  });

  it('has none even where the pieces are cut', () => {
    const text = 'a\x1b[6nb\x1b]11;?\x07c';
    for (let cut = 0; cut <= text.length; cut++) expect(shown([text.slice(0, cut), text.slice(cut)], '')).toBe('abc');
  });

  it('ends where the program goes on: what it asks now is asked', () => {
    expect(shown(['old\x1b[6n'], '\x1b[6n')).toBe('old\x1b[6n');
    const replay = new Replay();
    replay.begin(attached(0, 4));
    expect(replay.take(STDOUT, Buffer.from('\x1b[6n\x1b[6n')).toString()).toBe('\x1b[6n');
    expect(replay.take(STDERR, Buffer.from('\x1b[6n')).toString()).toBe('\x1b[6n');
  });
});
