import { describe, expect, it } from 'vitest';
import { eventually, world } from '../world.ts';

const SERVE = ['sh', '-c', 'trap "echo down; exit 3" TERM; echo up; while :; do sleep 0.1; done'];

describe('a kept machine', () => {
  it('runs on after its start, is listed, and answers exec', async () => {
    const w = world();
    const started = await w.mvm(['run', '-d', '--name', 'web', 'linux', ...SERVE]);
    expect(started.stdout).toMatch(/^[0-9a-f]{32}\n$/);
    expect((await w.mvm(['ps'])).stdout).toMatch(/web +linux +running/);
    expect(await w.mvm(['exec', 'web', 'sh', '-c', 'echo inside; exit 5'])).toMatchObject({
      stdout: 'inside\n',
      code: 5,
    });
    expect((await w.mvm(['exec', '-i', 'web', 'cat'], 'through')).stdout).toBe('through');
  });

  it('sees what its other programs do', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', 'linux', ...SERVE]);
    await w.mvm(['exec', 'web', 'sh', '-c', 'echo kept > /root/file']);
    const { stdout } = await w.mvm(['exec', 'web', 'sh', '-c', 'cat /root/file; ps | grep -c "trap"']);
    expect(stdout.split('\n')[0]).toBe('kept');
    expect(Number(stdout.split('\n')[1])).toBeGreaterThan(0);
  });

  it('ends at stop as its program wishes, and keeps its logs with both streams apart', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sh', '-c', `echo oops >&2; ${SERVE[2]}`]);
    await eventually(async () => (await w.mvm(['logs', 'web'])).stdout.includes('up'), 'output');
    expect((await w.mvm(['stop', 'web'])).stdout).toBe('web\n');
    expect(await w.mvm(['logs', 'web'])).toMatchObject({ stdout: 'up\ndown\n', stderr: 'oops\n' });
    const [machine] = await w.machines();
    expect(machine?.state).toMatchObject({ name: 'stopped', exit: { code: 3 } });
  });

  it('follows its logs until the program ends', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'count', 'linux', 'sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.3; done']);
    expect((await w.mvm(['logs', '-f', 'count'])).stdout).toBe('1\n2\n3\n');
    expect((await w.mvm(['logs', '--tail', '1', 'count'])).stdout).toBe('3\n');
  });

  it('dies at kill, and is removed only when it does not run or by force', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'a', 'linux', 'sleep', '600']);
    await w.mvm(['run', '-d', '--name', 'b', 'linux', 'sleep', '600']);
    const refused = await w.mvm(['rm', 'a']);
    expect(refused.code).toBe(125);
    expect(refused.stderr).toContain('mvm rm --force a');
    expect((await w.mvm(['kill', 'a'])).code).toBe(0);
    expect((await w.mvm(['rm', 'a'])).stdout).toBe('a\n');
    expect((await w.mvm(['rm', '--force', 'b'])).stdout).toBe('b\n');
    expect(await w.machines()).toEqual([]);
  });

  it('keeps a name when it ends and leaves nothing with --rm', async () => {
    const w = world();
    await w.mvm(['run', '--name', 'kept', 'linux', 'true']);
    expect((await w.machines()).map(({ name }) => name)).toEqual(['kept']);
    expect((await w.mvm(['run', '--name', 'kept', 'linux', 'true'])).stderr).toContain('exists already');
    await w.mvm(['run', '--rm', '--name', 'gone', 'linux', 'true']);
    expect((await w.machines()).map(({ name }) => name)).toEqual(['kept']);
  });

  it('tells all that is known of it', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', '-e', 'A=1', 'linux', ...SERVE]);
    const [machine] = JSON.parse((await w.mvm(['inspect', 'web'])).stdout);
    expect(machine).toMatchObject({
      name: 'web',
      spec: { image: 'linux', ephemeral: false },
      state: { name: 'running' },
    });
    expect((await w.mvm(['inspect', 'wed'])).stderr).toContain("Did you mean 'web'?");
  });

  it('shows its console, where the kernel speaks', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', 'linux', ...SERVE]);
    await w.mvm([
      'exec',
      'web',
      'sh',
      '-c',
      'mknod /dev/ttyS0 c 4 64; printf "on the console\\033[31m\\n" > /dev/ttyS0',
    ]);
    const { stdout } = await eventually(async () => {
      const shown = await w.mvm(['console', 'web']);
      return shown.stdout.includes('on the console') && shown;
    }, 'the console');
    expect(stdout).not.toContain('\x1b');
  });
});
