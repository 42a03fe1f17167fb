import { expect, test } from 'vitest';
import { atLeast, versionIn } from './version.ts';

test('the version is found in what programs say about themselves', () => {
  expect(versionIn('QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2~bpo12+1)\nCopyright 2003')).toBe('10.0.2');
  expect(versionIn('go version go1.23.4 linux/amd64')).toBe('1.23.4');
  expect(versionIn('no number')).toBeNull();
});

test('versions compare number by number, not as text', () => {
  expect(atLeast('10.0.2', '8.2')).toBe(true);
  expect(atLeast('8.2', '8.2')).toBe(true);
  expect(atLeast('8.2', '8.2.1')).toBe(false);
  expect(atLeast('7.2.17', '8.2')).toBe(false);
  expect(atLeast('1.9', '1.21')).toBe(false);
});
