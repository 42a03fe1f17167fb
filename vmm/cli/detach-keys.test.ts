import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DetachKeys, parseKeys } from './detach-keys.ts';

describe('keys that detach', () => {
  it('are named as docker names them', () => {
    expect([...parseKeys('')]).toEqual([16, 17]);
    expect([...parseKeys('ctrl-a,d')]).toEqual([1, 100]);
    expect([...parseKeys('ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_')]).toEqual([0, 27, 28, 29, 30, 31]);
    for (const wrong of ['ctrl-', 'ctrl-A', 'ctrl-pp', 'é', 'a,,b']) expect(() => parseKeys(wrong)).toThrow('keys');
  });

  it('are found in one piece or in two, and nothing after them is sent', () => {
    const keys = new DetachKeys(parseKeys(''));
    expect(keys.take(Buffer.from('ls\x10'))).toEqual({ bytes: Buffer.from('ls'), detached: false });
    expect(keys.holds).toBe(true);
    expect(keys.take(Buffer.from('\x11rm'))).toEqual({ bytes: Buffer.alloc(0), detached: true });
  });

  it('go on to the program when another key follows, or none', () => {
    const keys = new DetachKeys(parseKeys(''));
    keys.take(Buffer.from('\x10'));
    expect(keys.take(Buffer.from('x')).bytes.toString()).toBe('\x10x');
    keys.take(Buffer.from('\x10'));
    expect(keys.release().toString()).toBe('\x10');
    expect(keys.take(Buffer.from('\x11')).bytes.toString()).toBe('\x11');
  });

  it('may begin with a part of themselves', () => {
    const keys = new DetachKeys(parseKeys('a,a,b'));
    expect(keys.take(Buffer.from('aaab'))).toEqual({ bytes: Buffer.from('a'), detached: true });
  });

  it('change nothing of what does not hold them, however it is cut', () => {
    const typed = fc.array(fc.constantFrom('\x10', 'a', 'b'), { maxLength: 30 });
    fc.assert(
      fc.property(typed, fc.array(fc.nat(5)), (letters, cuts) => {
        const text = letters.join('');
        const keys = new DetachKeys(parseKeys(''));
        let passed = '';
        let at = 0;
        for (const cut of [...cuts, text.length]) {
          passed += keys.take(Buffer.from(text.slice(at, at + cut))).bytes.toString();
          at += cut;
        }
        expect(passed + keys.release().toString()).toBe(text);
      }),
    );
  });
});
