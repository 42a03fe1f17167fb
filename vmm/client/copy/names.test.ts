import { describe, expect, it } from 'vitest';
import { leadsOut, partsOf } from './names.ts';

describe('a name from a guest', () => {
  it.each([
    ['a', ['a']],
    ['./a//b/./c/', ['a', 'b', 'c']],
    ['.', []],
    ['a/...', ['a', '...']],
    ['\xff\xfe/\n', ['\xff\xfe', '\n']],
  ])('%j has its parts', (name, parts) => expect(partsOf(name)).toEqual(parts));

  it.each(['/etc/passwd', '//a', '..', 'a/../b', 'a/..', './../a'])('%j is refused', (name) =>
    expect(partsOf(name)).toMatch(/absolute|leads out/),
  );
});

describe('a link', () => {
  it.each([
    ['a', 0],
    ['a/b/../', 9],
    ['../a', 1],
    ['../../a', 2],
    ['./././a', 0],
    ['..', 1],
    ['', 0],
  ])('to %j, %i folders deep, stays in unless a .. follows a name', (target, above) =>
    expect(leadsOut(target, above)).toBe(target === 'a/b/../'),
  );

  it.each([
    ['/etc/passwd', 9],
    ['/', 9],
    ['..', 0],
    ['../a', 0],
    ['../../a', 1],
    ['./.././../a', 1],
    // where `a` is a link to a folder elsewhere in the copy, this is not the copy's top
    ['a/..', 5],
  ])('to %j, %i folders deep, leads out', (target, above) => expect(leadsOut(target, above)).toBe(true));
});
