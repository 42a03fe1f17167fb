import { expect, test } from 'vitest';
import { run, runInPairs } from './command.ts';

test('pairs take turns, and the first of each is not counted', async () => {
  const order: string[] = [];
  const times: Record<string, number[]> = { a: [100, 6, 9], b: [100, 3, 2] };
  const pairs = await runInPairs(
    async ([name = '']) => {
      order.push(name);
      return { ms: times[name]?.shift() ?? 0, stdout: '', stderr: '' };
    },
    ['a'],
    ['b'],
    2,
  );
  expect(order.join('')).toBe('ababab');
  expect(pairs).toEqual({ first: [6, 9], second: [3, 2], ratios: [2, 4.5] });
});

test('a command that fails is named with what it said', async () => {
  const failing = run(['sh', '-c', 'echo out; echo why >&2; exit 3'], {});
  await expect(failing).rejects.toThrow('sh -c echo out; echo why >&2; exit 3 ended with code 3: why');
});
