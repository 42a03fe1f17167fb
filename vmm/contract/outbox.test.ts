import { describe, expect, it } from 'vitest';
import { Outbox } from './outbox.ts';
import { WINDOW } from './stream.ts';

const text = (chunks: Uint8Array[]): string => Buffer.concat(chunks).toString();

/** One whose stream begins at this position of the program's stdin. */
function outbox(position: number): Outbox {
  const made = new Outbox();
  made.rewind(position);
  made.grant(WINDOW);
  return made;
}

describe('what is sent to a program', () => {
  it('is sent again from where the guest has it', () => {
    const keys = outbox(100);
    keys.add(Buffer.from('abcdef'));
    expect(text(keys.take())).toBe('abcdef');
    keys.grant(2, 102);
    keys.pause();
    keys.rewind(104);
    keys.grant(WINDOW);
    expect(text(keys.take())).toBe('ef');
  });

  it('is told apart from what others send meanwhile', () => {
    const keys = outbox(0);
    keys.add(Buffer.from('abc'));
    keys.take();
    // Somebody else's ten bytes stand before the third.
    keys.grant(2, 2);
    keys.grant(1, 13);
    keys.add(Buffer.from('def'));
    keys.take();
    keys.pause();
    keys.rewind(14);
    keys.grant(WINDOW);
    expect(text(keys.take())).toBe('ef');
  });

  it('is not sent twice when it cannot be told apart any more', () => {
    const keys = outbox(0);
    keys.add(Buffer.from('abc'));
    keys.take();
    keys.pause();
    keys.rewind(1_000);
    keys.grant(WINDOW);
    keys.add(Buffer.from('next'));
    expect(text(keys.take())).toBe('next');
  });

  it('waits for credit, and its end comes last and once', () => {
    const keys = new Outbox();
    keys.add(Buffer.alloc(WINDOW + 1));
    keys.end();
    expect(keys.take()).toEqual([]);
    keys.grant(WINDOW);
    expect(text(keys.take()).length).toBe(WINDOW);
    keys.grant(1, 1);
    expect(keys.take().map(({ length }) => length)).toEqual([1, 0]);
    expect(keys.take()).toEqual([]);
  });
});
