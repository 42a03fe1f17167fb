import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../vmm/contract/types.ts';
import type { MachineRecord } from '../../vmm/machine/record.ts';
import { homePaths, machinePaths } from '../../vmm/paths.ts';
import { eventually, hasEnded, type Running, type World, world } from '../world.ts';

/** The last it prints is more than a socket holds, and no more than the guest keeps. */
const LAST = 240_000;
const WAITS = 'until [ -e /go ]; do sleep 0.05; done';
const PROGRAM = ['sh', '-c', `echo begun; ${WAITS}; head -c ${LAST} /dev/zero | tr '\\0' x; exit 3`];
const PRINTED = `begun\n${'x'.repeat(LAST)}`;

/** A machine whose program has ended, on disk as well, while its client stands still and has not read the end. */
async function endedUnread(
  w: World,
  words = ['--name', 'kept', 'linux', ...PROGRAM],
): Promise<{ client: Running; id: string }> {
  const client = w.start(['run', ...words]);
  await eventually(() => client.stdout().includes('begun'), 'the program');
  client.child.kill('SIGSTOP');
  const [machine] = await w.machines();
  const id = machine?.id ?? '';
  // Only now, for what comes before its client stands still is read. One with a time limit waits for nothing else.
  await w.mvm(['exec', id, 'touch', '/go']);
  // An ephemeral one is written at its end when there is something to write: a new name is.
  if (!words.includes('--name')) await eventually(() => renamed(w, id), 'a name after the end');
  await eventually(() => recordOf(w, id).machine.state.name === 'stopped', 'the end on disk');
  expect(w.engines()).toHaveLength(1);
  return { client, id };
}

/** True when the machine's end was written with a name. */
async function renamed(w: World, id: string): Promise<boolean> {
  await w.api('POST', `/v1/machines/${id}/rename`, { name: `named-${performance.now().toFixed()}` });
  return recordOf(w, id).machine.state.name === 'stopped';
}

/** So long the next service waits for a client, rather than ten seconds. */
const GRACE_MS = 2_000;

const isSoonGivenUp = (w: World) => w.api('PUT', '/v1/settings/clientGraceMs', { value: GRACE_MS });

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
    await isSoonGivenUp(w);
    client.child.kill('SIGKILL');
    await w.killService();
    expect((await w.machines()).map(({ state }) => state)).toEqual([
      expect.objectContaining({ name: 'stopped', exit: expect.objectContaining({ code: 3 }) }),
    ]);
    await noEngine(w);
    expect((await w.mvm(['logs', 'kept'])).stdout === PRINTED).toBe(true);
    expect((await w.mvm(['start', 'kept'])).code).toBe(0);
  });

  it('tells its client the exit code that it told before when the next service knows nothing of a time limit', async () => {
    const w = world();
    const trap = `trap "head -c ${LAST} /dev/zero; exit 3" TERM; echo begun; while :; do sleep 0.1; done`;
    const { client } = await endedUnread(w, ['--name', 'kept', '--timeout', '5s', 'linux', 'sh', '-c', trap]);
    await w.killService();
    client.child.kill('SIGCONT');
    expect((await client.ended).code).toBe(124);
    expect((await w.mvm(['wait', 'kept'])).stdout).toBe('124\n');
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
    await eventually(() => hasEnded(pid), 'the end of the service');
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

describe('an ephemeral machine whose program has just ended', () => {
  it('is gone with its engine when service and client died and nobody comes back', async () => {
    const w = world();
    const { client } = await endedUnread(w, ['linux', ...PROGRAM]);
    await isSoonGivenUp(w);
    client.child.kill('SIGKILL');
    await w.killService();
    expect(await w.machines()).toEqual([]);
    await noEngine(w);
    await eventually(() => readdirSync(homePaths(w.home).machines).length === 0, 'the folder to go');
  });
});

describe('a machine whose service and client died', () => {
  async function orphaned(w: World, ...program: string[]): Promise<void> {
    await w.mvm(['ps']);
    await isSoonGivenUp(w);
    const client = w.start(['run', '--name', 'kept', 'linux', ...program]);
    await eventually(async () => (await w.machines())[0]?.state.name === 'running', 'the program');
    client.child.kill('SIGKILL');
    await w.killService();
  }

  it('stays removed when the time is over in which its client could have come back', async () => {
    const w = world();
    await orphaned(w, 'sleep', '600');
    expect((await w.mvm(['rm', '--force', 'kept'])).code).toBe(0);
    await pause(GRACE_MS + 1_000);
    expect(readdirSync(homePaths(w.home).machines)).toEqual([]);
    expect(await w.machines()).toEqual([]);
  });

  it('has nothing to do with that time when it was started again', async () => {
    const w = world();
    await orphaned(w, 'sh', '-c', `sleep ${GRACE_MS / 1000 + 2}; echo last`);
    await w.mvm(['kill', 'kept']);
    expect((await w.mvm(['start', 'kept'])).code).toBe(0);
    expect((await w.mvm(['wait', 'kept'])).stdout).toBe('0\n');
    expect((await w.mvm(['logs', 'kept'])).stdout).toBe('last\n');
  });
});

describe('a guest by which a service tries what this computer can do', () => {
  async function trying(w: World): Promise<Running> {
    await w.mvm(['ps']);
    const doctor = w.start(['doctor']);
    await eventually(() => w.engines().some(standsStill), 'a guest that is tried');
    return doctor;
  }

  /** The guest by which the clock is measured: held, it tells nothing before the service ends. */
  function standsStill(pid: number): boolean {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('tsc-ruler') && process.kill(pid, 'SIGSTOP');
    } catch {
      // It ended while we looked.
      return false;
    }
  }

  it('is ended by the next service when its own was killed', async () => {
    const w = world();
    const doctor = await trying(w);
    await w.killService();
    doctor.child.kill('SIGKILL');
    expect((await w.mvm(['ps'])).code).toBe(0);
    await noEngine(w);
  });

  it('does not outlive a service that ends in order, and says nothing wrong of the computer', async () => {
    const w = world();
    const doctor = await trying(w);
    const known = readFileSync(homePaths(w.home).accelerators, 'utf8');
    const pid = await w.servicePid();
    await w.api('POST', '/v1/shutdown', {});
    await eventually(() => hasEnded(pid), 'the end of the service');
    expect(w.engines()).toEqual([]);
    expect(readFileSync(homePaths(w.home).accelerators, 'utf8')).toBe(known);
    doctor.child.kill('SIGKILL');
  });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
