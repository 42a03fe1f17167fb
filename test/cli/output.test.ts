import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { world } from '../world.ts';

const CLI = join(import.meta.dirname, '../../.build/cli.cjs');

const inShell = (line: string, env: NodeJS.ProcessEnv) =>
  spawnSync('sh', ['-c', line], { env: { ...env, NODE: process.execPath, CLI }, encoding: 'utf8' });

describe('output that cannot be written', () => {
  it.each(['version', 'ps', 'run linux echo hi', 'run --help'])('is one line on stderr: mvm %s', (args) => {
    const { status, stderr } = inShell(`"$NODE" "$CLI" ${args} > /dev/full`, world().env);
    expect(stderr).toBe('mvm: stdout cannot be written: ENOSPC: no space left on device, write\n');
    expect(status).toBe(125);
  });
});

describe('logs', () => {
  it('show what a detached machine that leaves nothing behind has printed so far', async () => {
    const w = world();
    const { stdout } = await w.mvm(['run', '-d', '--rm', 'linux', 'sh', '-c', 'echo up; sleep 600']);
    const followed = w.start(['logs', '--follow', stdout.trim()]);
    await w.mvm(['kill', stdout.trim()]);
    expect((await followed.ended).stdout).toBe('up\n');
  });

  it('of a machine that is not there say so', async () => {
    const { code, stderr } = await world().mvm(['logs', 'nowhere']);
    expect(stderr).toContain("there is no machine 'nowhere'");
    expect(code).toBe(125);
  });
});
