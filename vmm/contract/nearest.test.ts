import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

it.each([
  ['nmae', 'name'],
  ['rnu', 'run'],
  ['stpo', 'stop'],
  ['lgos', 'logs'],
  ['inspekt', 'inspect'],
  ['frobnicate', null],
  ['xy', null],
])('%s was meant to be %s', (word, meant) => {
  expect(nearest(word, ['run', 'stop', 'logs', 'inspect', 'name'])).toBe(meant);
});
