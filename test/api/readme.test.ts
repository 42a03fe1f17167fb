/** The README's client in curl is taken from there and run as it stands. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { world } from '../world.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

/** The indented lines around the one that begins so, and what they say that they print. */
function exampleWith(beginning: string): { script: string; printed: string[] } {
  const block = readme.split('\n\n').find((paragraph) => paragraph.includes(`    ${beginning}`)) ?? '';
  const lines = block.split('\n').map((line) => line.replace(/^ {4}/, ''));
  return {
    script: lines.join('\n'),
    printed: lines.flatMap((line) => /# (\{.*\})$/.exec(line)?.[1] ?? []),
  };
}

it('makes a machine, waits for it, reads what it printed and removes it', async () => {
  const w = world();
  await w.mvm(['ps']);
  const { script, printed } = exampleWith('ask() {');
  expect(script.split('\n').length).toBeLessThanOrEqual(10);
  const { stdout, stderr, status } = spawnSync('sh', ['-e', '-c', script], { env: w.env, encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const [made, end, output, removed, description] = stdout.trimEnd().split('\n');
  expect(JSON.parse(made ?? '')).toMatchObject({ name: 'greeter', state: { name: expect.any(String) } });
  expect(JSON.parse(end ?? '')).toMatchObject({ exit: { code: 0 }, error: null });
  expect([output]).toEqual(printed);
  expect(JSON.parse(removed ?? '')).toMatchObject({ name: 'greeter', state: { name: 'stopped' } });
  expect(JSON.parse(description ?? '')).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
  expect(await w.machines()).toEqual([]);
});
