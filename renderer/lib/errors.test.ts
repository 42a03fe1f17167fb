import { expect, it } from 'vitest';
import { sentence } from './errors.ts';

it.each([
  ['there is no image linus', 'there is no image linus.'],
  ['There is no file or folder /a.tar.', 'There is no file or folder /a.tar.'],
  ['Reading …', 'Reading …'],
])('a message %j reads as %j before what follows it', (message, read) => {
  expect(sentence(message)).toBe(read);
});
