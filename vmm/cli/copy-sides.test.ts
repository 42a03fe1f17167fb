import { expect, it } from 'vitest';
import { copyBetween } from './copy-sides.ts';

it.each([
  ['web:/etc/hosts', '.', { way: 'out', machine: 'web', path: '/etc/hosts', to: '.' }],
  ['web:etc', '/tmp/a:b', { way: 'out', machine: 'web', path: 'etc', to: '/tmp/a:b' }],
  ['web:/x', '-', { way: 'out', machine: 'web', path: '/x', to: '-' }],
  ['./web:/x', 'web:/srv/', { way: 'in', from: './web:/x', machine: 'web', path: '/srv/' }],
  ['-', 'web:/a:b', { way: 'in', from: '-', machine: 'web', path: '/a:b' }],
  ['../x', 'web:.', { way: 'in', from: '../x', machine: 'web', path: '.' }],
])('%s to %s is read as docker reads it', (source, destination, copy) => {
  expect(copyBetween(source, destination)).toEqual(copy);
});

it.each([
  ['a:/x', 'b:/y', 'Through a pipe: mvm cp a:/x - | mvm cp - b:FOLDER'],
  ['x', 'y', 'For example web:/etc/hosts.'],
  ['web:', 'y', 'For example web:/etc/hosts.'],
  [':/x', 'y', 'For example web:/etc/hosts.'],
])('%s to %s is refused with what is meant', (source, destination, hint) => {
  expect(() => copyBetween(source, destination)).toThrow(expect.objectContaining({ code: 'usage', hint }));
});
