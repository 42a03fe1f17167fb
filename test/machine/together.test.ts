import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Machine, ServiceEvent } from '../../vmm/contract/types.ts';
import { eventually, type World, world } from '../world.ts';

/** What a window would draw, from events alone. */
async function watch(w: World): Promise<{ machines: Map<string, Machine>; ends: string[]; close(): void }> {
  const machines = new Map<string, Machine>();
  const ends: string[] = [];
  const socket = new WebSocket(`ws+unix:${w.socketPath}:/v1/events`);
  let heard = false;
  socket.on('message', (data, isBinary) => {
    if (isBinary) return;
    const event = JSON.parse(data.toString()) as ServiceEvent;
    heard = true;
    if (event.type === 'snapshot') for (const machine of event.machines) machines.set(machine.id, machine);
    if (event.type === 'machine') machines.set(event.machine.id, event.machine);
    if (event.type !== 'machine-removed') return;
    machines.delete(event.id);
    ends.push(event.id);
  });
  await eventually(() => heard, 'the snapshot');
  return { machines, ends, close: () => socket.terminate() };
}

const kept = async (w: World, ...words: string[]): Promise<string> => {
  const { code, stdout } = await w.mvm(['run', '-d', '--name', 'web', 'linux', ...words]);
  expect(code).toBe(0);
  return stdout.trim();
};

const QUICK = { graceMs: 50 };

/** What somebody was told who asked for something. */
async function told(asked: Promise<{ status: number; body: unknown }>): Promise<string> {
  const { status, body } = await asked;
  return status === 200 ? 'done' : (body as { error: { code: string; message: string } }).error.message;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a machine on which two act at the same time', () => {
  it('is started once, and whoever came second is told', async () => {
    const w = world();
    await kept(w, 'sleep', '600');
    await w.api('POST', '/v1/machines/web/stop', QUICK);
    const answers = await Promise.all([1, 2, 3].map(() => told(w.api('POST', '/v1/machines/web/start', {}))));
    expect(answers.filter((each) => each === 'done').length).toBeGreaterThan(0);
    for (const each of answers) expect(['done', 'machine web is starting already']).toContain(each);
    expect(w.engines()).toHaveLength(1);
    const [machine] = (await w.machines()) as unknown as Machine[];
    expect(machine?.state.name).toBe('running');
    expect(Object.keys(machine?.timeline ?? {})).toEqual(
      expect.arrayContaining(['engineStarted', 'kernelEntered', 'agentReady', 'programStarted']),
    );
  });

  it('runs once after two restarted it', async () => {
    const w = world();
    await kept(w, 'sleep', '600');
    const restart = () => told(w.api('POST', '/v1/machines/web/restart', QUICK));
    const answers = await Promise.all([restart(), pause(20).then(restart)]);
    expect(answers.filter((each) => each === 'done').length).toBeGreaterThan(0);
    expect(w.engines()).toHaveLength(1);
    expect((await w.machines())[0]?.state.name).toBe('running');
  });

  it.each([0, 20, 100, 300, 700])(
    'is gone for everybody when one removes it %i ms after another restarts it',
    async (ms) => {
      const w = world();
      const id = await kept(w, 'sleep', '600');
      const seen = await watch(w);
      const restarted = told(w.api('POST', '/v1/machines/web/restart', QUICK));
      await pause(ms);
      expect(await told(w.api('DELETE', '/v1/machines/web?force=true'))).toBe('done');
      expect(await restarted).toMatch(/^done$|being removed|is not there|before its program ran|no machine/);
      expect(await w.machines()).toEqual([]);
      await eventually(() => w.engines().length === 0, 'the engine to end');
      await eventually(() => seen.machines.size === 0, 'every window to know');
      expect(seen.ends).toEqual([id]);
      seen.close();
    },
  );

  it('has the time that the first gave it when both stop it', async () => {
    const w = world();
    await kept(w, 'sh', '-c', 'trap "sleep 1; exit 7" TERM; echo ready; while :; do sleep 0.1; done');
    await eventually(async () => (await w.mvm(['logs', 'web'])).stdout.includes('ready'), 'the trap');
    const stop = () => told(w.api('POST', '/v1/machines/web/stop', {}));
    expect(await Promise.all([stop(), pause(100).then(stop)])).toEqual(['done', 'done']);
    expect((await w.machines())[0]?.state).toMatchObject({ name: 'stopped', exit: { code: 7 } });
  });

  it('is removed once by two', async () => {
    const w = world();
    const id = await kept(w, 'sleep', '600');
    const seen = await watch(w);
    const remove = () => told(w.api('DELETE', '/v1/machines/web?force=true'));
    const answers = await Promise.all([remove(), remove(), pause(50).then(remove)]);
    for (const each of answers) expect(each).toMatch(/^done$|no machine/);
    await eventually(() => seen.machines.size === 0, 'every window to know');
    expect(seen.ends).toEqual([id]);
    expect(w.engines()).toEqual([]);
    seen.close();
  });

  it('holds nobody up when one leaves who could not keep up with its log', async () => {
    const w = world();
    await kept(w, 'sh', '-c', 'while :; do head -c 100000 /dev/zero; sleep 0.05; done');
    // It gives no credit: whatever is printed waits for it.
    const follower = new WebSocket(`ws+unix:${w.socketPath}:/v1/machines/web/logs?follow=true`);
    await once(follower, 'open');
    await pause(500);
    follower.terminate();
    await pause(500);
    expect((await w.mvm(['exec', 'web', 'echo', 'here'])).stdout).toBe('here\n');
  });
});
