import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../vmm/contract/types.ts';
import type { MachineRecord } from '../../vmm/machine/record.ts';
import { homePaths, machinePaths } from '../../vmm/paths.ts';
import { eventually, type Running, type World, world } from '../world.ts';

/** The last it prints is more than a socket holds, and no more than the guest keeps. */
const LAST = 240_000;
const PROGRAM = ['sh', '-c', `echo begun; sleep 1; head -c ${LAST} /dev/zero | tr '\\0' x; exit 3`];
const PRINTED = `begun\n${'x'.repeat(LAST)}`;

/** A kept machine whose program has ended, on disk as well, while its client stands still and has not read the end. */
async function endedUnread(w: World): Promise<{ client: Running; id: string }> {
  // The service is not its child: one that stands still would keep what is left of it.
  await w.mvm(['ps']);
  const client = w.start(['run', '--name', 'kept', 'linux', ...PROGRAM]);
  await eventually(() => client.stdout().includes('begun'), 'the program');
  client.child.kill('SIGSTOP');
  const [machine] = await w.machines();
  const id = machine?.id ?? '';
  await eventually(() => recordOf(w, id).machine.state.name === 'stopped', 'the end on disk');
  expect(w.engines()).toHaveLength(1);
  return { client, id };
}

const recordOf = (w: World, id: string): MachineRecord =>
  JSON.parse(readFileSync(machinePaths(homePaths(w.home), id).record, 'utf8'));

const noEngine = (w: World): Promise<true> => eventually(() => w.engines().length === 0, 'the engine to end');

describe('a kept machine whose program has just ended', () => {
  it('gives its client the last output and the exit code although the service died, and its engine ends', async () => {
    const w = world();
    const { client, id } = await endedUnread(w);
    await w.killService();
    client.child.kill('SIGCONT');
    const { code, stdout, stderr } = await client.ended;
    expect([code, stdout === PRINTED, stderr]).toEqual([3, true, '']);
    await noEngine(w);
    await eventually(() => recordOf(w, id).engine === null, 'the record');
    expect((await w.mvm(['logs', 'kept'])).stdout === PRINTED).toBe(true);
    expect((await w.mvm(['wait', 'kept'])).stdout).toBe('3\n');
  });

  it('has its log whole and its engine ended by the next service when service and client died', async () => {
    const w = world();
    const { client } = await endedUnread(w);
    client.child.kill('SIGKILL');
    await w.killService();
    expect((await w.machines()).map(({ state }) => state)).toEqual([
      expect.objectContaining({ name: 'stopped', exit: expect.objectContaining({ code: 3 }) }),
    ]);
    await noEngine(w);
    expect((await w.mvm(['logs', 'kept'])).stdout === PRINTED).toBe(true);
    expect((await w.mvm(['start', 'kept'])).code).toBe(0);
  });

  it.each([
    { does: 'is removed', words: ['rm', 'kept'], engines: 0, dies: false },
    { does: 'is removed', words: ['rm', 'kept'], engines: 0, dies: true },
    { does: 'starts again', words: ['start', 'kept'], engines: 1, dies: false },
  ])('$does although its client reads no more (service died: $dies)', async ({ words, engines, dies }) => {
    const w = world();
    const { client } = await endedUnread(w);
    if (dies) await w.killService();
    expect(await w.mvm(words)).toMatchObject({ code: 0, stderr: '' });
    expect(w.engines()).toHaveLength(engines);
    client.child.kill('SIGCONT');
    await client.ended;
  });

  it('is gone from the host when the service ends for good', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'kept', 'linux', 'sleep', '0.5']);
    const pid = await w.servicePid();
    await w.api('GET', '/v1/machines/kept/wait');
    await w.api('POST', '/v1/shutdown', {});
    await eventually(() => !existsSync(`/proc/${pid}`), 'the end of the service');
    expect(w.engines()).toEqual([]);
  });

  it('has run once when the same start is asked for again', async () => {
    const w = world();
    await w.mvm(['ps']);
    const ask = { id: 'c0ffee'.padEnd(32, '0'), image: 'linux', name: 'kept', command: ['echo', 'once'] };
    expect((await w.api('POST', '/v1/machines', ask)).status).toBe(200);
    await w.api('GET', '/v1/machines/kept/wait');
    await noEngine(w);
    const { status, body } = await w.api('POST', '/v1/machines', ask);
    expect([status, (body as Machine).state.name]).toEqual([200, 'stopped']);
    expect((await w.mvm(['logs', 'kept'])).stdout).toBe('once\n');
  });
});
