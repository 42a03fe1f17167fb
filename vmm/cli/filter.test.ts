import { describe, expect, it } from 'vitest';
import { filter, glob, hasLabel, matches, type Test } from './filter.ts';

interface Thing {
  name: string;
  labels: Record<string, string>;
}

const things: Thing[] = [
  { name: 'web-1', labels: { tier: 'front', app: 'shop' } },
  { name: 'web-2', labels: { tier: 'front' } },
  { name: 'db', labels: { tier: 'back', app: 'shop' } },
];

const tests: Record<string, Test<Thing>> = {
  name: (value) => {
    const fits = matches(value);
    return ({ name }) => fits(name);
  },
  label: (value) => {
    const has = hasLabel(value);
    return ({ labels }) => has(labels);
  },
};

const named = (...wanted: string[]): string[] =>
  filter(things, wanted, { tests, every: ['label'] }).map(({ name }) => name);

describe('filters', () => {
  it.each([
    [[], ['web-1', 'web-2', 'db']],
    [['name=web'], ['web-1', 'web-2']],
    [
      ['name=^db$', 'name=1'],
      ['web-1', 'db'],
    ],
    [['label=app'], ['web-1', 'db']],
    [['label=app', 'label=tier=front'], ['web-1']],
    [['label=tier=front', 'name=2'], ['web-2']],
    [['label=tier='], []],
    [['label=toString'], []],
  ])('%j leave %j', (wanted, names) => {
    expect(named(...wanted)).toEqual(names);
  });

  it.each([
    ['nmae=x', 'Did you mean name?'],
    ['frobnicate=x', 'There are name, label.'],
    ['name', 'For example name=web.'],
  ])('%s is refused with what was meant', (wanted, hint) => {
    expect(() => named(wanted)).toThrow(expect.objectContaining({ code: 'usage', hint }));
  });

  it('that are no regular expression are refused', () => {
    expect(() => named('name=(')).toThrow("'(' is no regular expression");
  });

  it('by pattern stay within a part of a path', () => {
    expect(['alpine', 'alpine:3', 'lib/alpine'].filter(glob('al*'))).toEqual(['alpine', 'alpine:3']);
    expect(['a.b', 'axb'].filter(glob('a.b'))).toEqual(['a.b']);
    expect(['v1', 'v2', 'v3'].filter(glob('v[!2]'))).toEqual(['v1', 'v3']);
    expect(['a/b', 'a/c'].filter(glob('a/?'))).toEqual(['a/b', 'a/c']);
  });
});
