import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, type Running, world } from '../world.ts';

/** The last of the signals that mvm takes into its own hands, as a bit of /proc's mask; Node itself takes SIGINT. */
const SIGUSR2 = 1n << BigInt(constants.signals.SIGUSR2 - 1);

function handlesSignals({ child }: Running): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${caught}`) & SIGUSR2) !== 0n;
}

describe('a start that is interrupted', () => {
  it('ends at ctrl-C although the service does not answer, and runs nothing later', async () => {
    const w = world();
    await w.mvm(['ps']);
    const service = await w.servicePid();
    process.kill(service, 'SIGSTOP');
    try {
      const run = w.start(['run', 'linux', 'echo', 'too late']);
      await eventually(() => handlesSignals(run), 'the handler');
      run.child.kill('SIGINT');
      expect(await run.ended).toMatchObject({ code: 130, stdout: '', stderr: '' });
    } finally {
      process.kill(service, 'SIGCONT');
    }
    expect(await w.machines()).toEqual([]);
  });

  it('leaves nothing of a machine that was to stay, and its name is free', async () => {
    const w = world();
    const run = w.start(['run', '--name', 'web', 'linux', 'sleep', '600']);
    await eventually(async () => (await w.states()).includes('starting'), 'the start');
    run.child.kill('SIGTERM');
    expect((await run.ended).code).toBe(143);
    await eventually(async () => (await w.machines()).length === 0, 'its end');
    expect((await w.mvm(['run', '--name', 'web', 'linux', 'true'])).code).toBe(0);
    expect(w.serviceLog()).not.toContain('AbortError');
  });

  it('is not the same as one that fails: that machine stays, with its failure', async () => {
    const w = world();
    const idFile = join(w.home, 'id');
    const run = await w.mvm(['run', '--name', 'web', '--cidfile', idFile, 'linux', 'nowhere']);
    expect(run.code).toBe(127);
    const id = readFileSync(idFile, 'utf8');
    expect(await w.machines()).toMatchObject([{ id, name: 'web', state: { name: 'failed' } }]);
  });

  it.each([1, 2, 3])('by rm --force tells who waits for it (%i)', async () => {
    const w = world();
    const run = w.start(['run', '--name', 'web', 'linux', 'sleep', '600']);
    await eventually(async () => (await w.states()).includes('starting'), 'the start');
    expect((await w.mvm(['rm', '--force', 'web'])).code).toBe(0);
    // It may have begun to run in the same moment.
    expect([125, 137]).toContain((await run.ended).code);
    expect(await w.machines()).toEqual([]);
  });
});

describe('a machine that hears nothing', () => {
  it('does not hold who presses ctrl-C a third time', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'box', 'linux', 'sh', '-c', 'echo up; exec sleep 600']);
    const attached = w.start(['attach', '--no-stdin', 'box']);
    await eventually(() => attached.stdout() === 'up\n', 'the attached one');
    await w.mvm(['pause', 'box']);
    const ended = eventually(() => attached.child.exitCode !== null, 'its end');
    for (let count = 0; attached.child.exitCode === null && count < 10; count++) {
      attached.child.kill('SIGINT');
      await new Promise((resolve) => setTimeout(resolve, 1_700));
    }
    await ended;
    expect((await attached.ended).code).toBe(130);
    expect((await w.machines()).map(({ state }) => state.name)).toEqual(['paused']);
  });
});

describe('a client that reads no more', () => {
  it('does not keep rm --force waiting', async () => {
    const w = world();
    const run = w.start(['run', '--name', 'web', 'linux', 'sh', '-c', 'echo up; read line; seq 100000; sleep 600']);
    await eventually(() => run.stdout().includes('up'), 'the program');
    run.child.kill('SIGSTOP');
    expect((await w.mvm(['rm', '--force', 'web'])).code).toBe(0);
    expect(await w.machines()).toEqual([]);
  });
});
