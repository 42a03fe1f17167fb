import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { findByWord, identify, isRunning, kill } from './identity.ts';

const sleeper = () => {
  const child = spawn('sleep', ['60']);
  const found = identify(child.pid as number);
  if (!found) throw new Error('the child has no identity');
  return { child, found };
};

test('knows a process again, and that it is gone', async () => {
  const { child, found } = sleeper();
  expect(isRunning(found)).toBe(true);
  expect(identify(found.pid)).toEqual(found);
  expect(kill(found)).toBe(true);
  await once(child, 'exit');
  expect(isRunning(found)).toBe(false);
  expect(kill(found)).toBe(false);
});

test('leaves a later process with the same pid alone', async () => {
  const { child, found } = sleeper();
  const earlier = { pid: found.pid, startTime: 'an earlier one' };
  expect(isRunning(earlier)).toBe(false);
  expect(kill(earlier)).toBe(false);
  expect(isRunning(found)).toBe(true);
  child.kill();
  await once(child, 'exit');
});

test('finds a process by a whole word of its command line', async () => {
  const child = spawn('sleep', ['60.0625', '0']);
  const found = identify(child.pid as number);
  expect(findByWord('60.0625')).toEqual([found]);
  expect(findByWord('60.062')).toEqual([]);
  child.kill();
  await once(child, 'exit');
  expect(findByWord('60.0625')).toEqual([]);
});
