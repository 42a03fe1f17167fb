import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellQuoted } from '../../vmm/contract/command-line.ts';
import { splitWords } from './shell-words.ts';

describe('a command line in a field', () => {
  it.each([
    ['npm run dev', ['npm', 'run', 'dev']],
    [`sh -c 'echo "$HOME"; exit 3'`, ['sh', '-c', 'echo "$HOME"; exit 3']],
    [`echo "a \\"b\\" \\n" c\\ d ''`, ['echo', 'a "b" \\n', 'c d', '']],
    ['  ', []],
  ])('%s has the words that a shell sees', (text, words) => {
    expect(splitWords(text)).toEqual({ words, open: false });
  });

  it('tells of a quote that is not closed', () => {
    expect(splitWords(`echo 'a`).open).toBe(true);
  });

  it('gives back any words that were quoted for a shell', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(splitWords(words.map(shellQuoted).join(' ')).words).toEqual(words);
      }),
    );
  });
});
