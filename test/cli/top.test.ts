import { expect, it } from 'vitest';
import { eventually, world } from '../world.ts';

it("lists a machine's own processes with its own numbers, and nothing of the agent's", async () => {
  const w = world();
  await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sh', '-c', 'sleep 1000 & wait']);
  const programs = (last: string) =>
    eventually(async () => {
      const found = JSON.parse((await w.mvm(['top', 'web', '--json'])).stdout) as Record<string, unknown>[];
      return found.some(({ command }) => command === last) && found;
    }, last);
  await programs('sleep 1000');
  await w.mvm(['exec', '-d', '-u', '7', 'web', 'sh', '-c', 'exec sleep 77']);
  const processes = await programs('sleep 77');
  expect(processes.map(({ user, ppid, command }) => [user, ppid, command])).toEqual([
    ['root', 0, 'sh -c sleep 1000 & wait'],
    ['root', 1, 'sleep 1000'],
    ['7', 0, 'sleep 77'],
  ]);
  const own = (await w.mvm(['exec', 'web', 'pidof', 'sleep'])).stdout.trim().split(' ').map(Number);
  expect(processes.slice(1).map(({ pid }) => pid)).toEqual(own.sort((a, b) => a - b));
});

it('prints a table in which control characters of a guest are escaped', async () => {
  const w = world();
  await w.mvm([
    'run',
    '-d',
    '--name',
    'web',
    'linux',
    'sh',
    '-c',
    'sh -c "sleep 1000; true" "$(printf \'a\\033]0;b\')"',
  ]);
  const table = await eventually(async () => {
    const { stdout } = await w.mvm(['top', 'web']);
    return stdout.includes('sleep 1000; true a') && stdout;
  }, 'the program');
  expect(table).toMatch(/^UID +PID +PPID +C +STIME +TTY +TIME +CMD\n/);
  expect(table).toMatch(/root +1 +0 +\d+ +\d\d:\d\d +\? +00:00:\d\d +sh -c/);
  expect(table).toContain('\\x1b]0;b');
  expect(table).not.toContain('\x1b');
});

it('lists as many processes as stats counts: neither the guest kernel’s threads nor the agent', async () => {
  const w = world();
  await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sh', '-c', 'sleep 1000 & sleep 1000 & wait']);
  await eventually(async () => JSON.parse((await w.mvm(['top', 'web', '--json'])).stdout).length === 3, 'all three');
  const [{ guest }] = JSON.parse((await w.mvm(['stats', '--json', 'web'])).stdout);
  expect(guest.processes).toBe(3);
});

it('lists more processes than one answer of the agent holds', async () => {
  const w = world();
  const words = 'x'.repeat(1500);
  const script = `i=0; while [ $i -lt 60 ]; do sh -c 'sleep 1000; true' ${words} & i=$((i + 1)); done; wait`;
  await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sh', '-c', script]);
  await eventually(async () => {
    const { stdout } = await w.mvm(['top', 'web', '--json']);
    const found = JSON.parse(stdout) as { pid: number; command: string }[];
    const pids = new Set(found.map(({ pid }) => pid));
    return pids.size === found.length && found.filter(({ command }) => command.endsWith(words)).length === 60;
  }, 'all of them');
});

it('of a machine that does not run says so', async () => {
  const w = world();
  await w.mvm(['run', '--name', 'web', 'linux', 'true']);
  const { code, stderr } = await w.mvm(['top', 'web']);
  expect(code).toBe(125);
  expect(stderr).toContain('machine web is not running');
});
