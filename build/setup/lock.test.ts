import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLock } from './lock.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'mvm-lock-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

/** Another process that takes the lock, says so, and keeps it. */
async function holder(name: string) {
  const script = `
    const { takeLock } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))});
    await takeLock(${JSON.stringify(cache)}, ${JSON.stringify(name)}, () => {});
    process.stdout.write('taken');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return child;
}

test('a second set-up says for whom it waits and goes on when that one is killed', async () => {
  const first = await holder('the first');
  const waitedFor: string[] = [];
  await takeLock(cache, 'the second', (name) => {
    waitedFor.push(name);
    first.kill('SIGKILL');
  });
  expect(waitedFor).toEqual(['the first']);
});

test('a lock that its holder left behind by dying is free', async () => {
  const first = await holder('the first');
  first.kill('SIGKILL');
  await once(first, 'exit');
  const waitedFor: string[] = [];
  await takeLock(cache, 'the second', (name) => waitedFor.push(name));
  expect(waitedFor).toEqual([]);
});
