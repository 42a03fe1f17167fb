import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { closeOnExec } from './close-on-exec.ts';

const source = readFileSync('node_modules/node-pty/src/unix/pty.cc', 'utf8');

it('finds its one place in the node-pty that is used, and stops when there is none', () => {
  const edited = closeOnExec(source).split('\n');
  const added = edited.indexOf('      fcntl(master, F_SETFD, FD_CLOEXEC);');
  expect(edited.slice(added - 1, added + 2).map((line) => line.trim())).toEqual([
    'default:',
    'fcntl(master, F_SETFD, FD_CLOEXEC);',
    'if (pty_nonblock(master) == -1) {',
  ]);
  expect(() => closeOnExec('int main() {}')).toThrow('not what it was');
});
