import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { homePaths } from '../../vmm/paths.ts';
import { eventually, world } from '../world.ts';

it('after a host’s sudden end what was ephemeral is gone, and kept machines start again with all they had', async () => {
  const w = world();
  const program = 'cat /kept 2>/dev/null; echo kept >/kept; sync; echo up; while :; do echo hello | nc -l -p 80; done';
  const kept = ['run', '-d', '--name', 'kept', '-p', '80', '--label', 'tier=front', 'linux', 'sh', '-c', program];
  expect((await w.mvm(kept)).code).toBe(0);
  const run = w.start(['run', 'linux', 'sleep', '600']);
  await w.mvm(['run', '-d', '--name', 'still', 'linux', 'sleep', '600']);
  await w.mvm(['pause', 'still']);
  await eventually(async () => (await w.mvm(['logs', 'kept'])).stdout === 'up\n', 'the program');
  const port = (await w.mvm(['port', 'kept', '80'])).stdout;

  // All at once, and every socket is left where it lies.
  const pids = [await w.servicePid(), ...w.engines()];
  run.child.kill('SIGKILL');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await eventually(() => w.engines().length === 0, 'the end of all engines');
  const sockets = dirname(w.socketPath);
  expect(readdirSync(sockets, { recursive: true })).toEqual(expect.arrayContaining([expect.stringMatching(/\/qmp$/)]));

  const machines = await w.machines();
  expect(machines.map(({ name, state }) => `${name} ${state.name}`).sort()).toEqual(['kept failed', 'still failed']);
  expect(
    readdirSync(sockets, { recursive: true }).filter((name) => /\/(qmp|agent|console)$/.test(String(name))),
  ).toEqual([]);
  expect(readdirSync(homePaths(w.home).machines)).toHaveLength(2);
  expect((await w.mvm(['start', 'kept', 'still'])).stdout).toBe('kept\nstill\n');
  await eventually(async () => (await w.mvm(['logs', 'kept'])).stdout === 'up\nkept\nup\n', 'the second run');
  expect((await w.mvm(['port', 'kept', '80'])).stdout).toBe(port);
  expect((await w.mvm(['ps', '-q', '--filter', 'label=tier=front'])).stdout).toMatch(/^[0-9a-f]{12}\n$/);
  expect((await w.mvm(['exec', 'still', 'echo', 'there'])).stdout).toBe('there\n');
});
