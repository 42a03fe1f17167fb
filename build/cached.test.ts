import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cached } from './cached.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'mvm-cached-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

function make(inputs: Record<string, string>, text = 'made') {
  return cached({
    cache,
    name: 'thing',
    inputs,
    build: async ({ result, work }) => {
      writeFileSync(join(work, 'object.o'), 'kept by nobody');
      writeFileSync(join(result, 'thing'), text);
    },
  });
}

test('builds once for the same inputs and again for others', async () => {
  const first = await make({ source: 'a' });
  const second = await make({ source: 'a' }, 'never written');
  const other = await make({ source: 'b' });
  expect(second).toEqual(first);
  expect(readFileSync(join(first.folder, 'thing'), 'utf8')).toBe('made');
  expect(other.folder).not.toBe(first.folder);
});

test('leaves only the finished folder, which tells its inputs', async () => {
  const { folder, digest } = await make({ source: 'a' });
  expect(readdirSync(cache)).toEqual([`thing-${digest}`]);
  expect(readdirSync(folder).sort()).toEqual(['build.json', 'thing']);
  expect(JSON.parse(readFileSync(join(folder, 'build.json'), 'utf8'))).toEqual({ source: 'a' });
});

test('leaves nothing when the build fails', async () => {
  const failing = cached({ cache, name: 'thing', inputs: {}, build: () => Promise.reject(new Error('no compiler')) });
  await expect(failing).rejects.toThrow('no compiler');
  expect(readdirSync(cache)).toEqual([]);
});

test('clears away what a dead build left, and not what a living one is at', async () => {
  const dead = 2 ** 22 + 1; // above Linux's largest pid
  for (const pid of [dead, process.pid])
    mkdirSync(join(cache, `unfinished-thing-${pid}-abc`, 'work'), { recursive: true });
  const { digest } = await make({ source: 'a' });
  expect(readdirSync(cache).sort()).toEqual([`thing-${digest}`, `unfinished-thing-${process.pid}-abc`]);
});

test('takes the result of another build that finished first', async () => {
  const both = await Promise.all([make({ source: 'a' }, 'one'), make({ source: 'a' }, 'two')]);
  expect(both[0]).toEqual(both[1]);
  expect(readdirSync(cache)).toHaveLength(1);
});

test('works where no path has spaces, though the cache has', async () => {
  const spaced = join(cache, 'my: cache');
  let worked = '';
  const { folder } = await cached({
    cache: spaced,
    name: 'thing',
    inputs: {},
    build: async ({ work }) => {
      worked = work;
    },
  });
  expect(worked).not.toMatch(/[\s:]/);
  expect(existsSync(worked)).toBe(false);
  expect(readdirSync(spaced)).toEqual([basename(folder)]);
});
