import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventually, world } from '../world.ts';

describe('mvm run', () => {
  it('answers with the kernel of a guest, and leaves nothing behind', async () => {
    const w = world();
    const { stdout, code } = await w.mvm(['run', 'linux', '--', 'uname', '-sr']);
    expect(stdout).toMatch(/^Linux 6\.12\.\d+.*-mvm\n$/);
    expect(code).toBe(0);
    expect(await w.machines()).toEqual([]);
  });

  it('carries stdin to the program and its output back', async () => {
    expect(await world().mvm(['run', '-i', 'linux', 'cat'], 'hi\n')).toMatchObject({
      stdout: 'hi\n',
      stderr: '',
      code: 0,
    });
  });

  it("ends with the program's exit code", async () => {
    expect((await world().mvm(['run', 'linux', 'sh', '-c', 'exit 42'])).code).toBe(42);
  });

  it('ends with 128 and the number when a signal ended the program', async () => {
    const { code } = await world().mvm(['run', 'linux', 'sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?']);
    expect(code).toBe(137);
  });

  it('keeps stdout and stderr apart', async () => {
    const result = await world().mvm(['run', 'linux', 'sh', '-c', 'echo out; echo err >&2']);
    expect(result).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
  });

  it('carries every byte value both ways', async () => {
    const bytes = randomBytes(300_000);
    expect((await world().mvm(['run', '-i', 'linux', 'cat'], bytes)).bytes.equals(bytes)).toBe(true);
  });

  it('sleeps as long as it is told to', async () => {
    const { stdout } = await world().mvm([
      'run',
      'linux',
      'sh',
      '-c',
      'a=$(date +%s); sleep 1; b=$(date +%s); echo $((b - a))',
    ]);
    expect(['1\n', '2\n']).toContain(stdout);
  });

  it('sets variables, folder and user', async () => {
    const w = world({ env: { FROM_HERE: 'here' } });
    const script = 'echo $A,$FROM_HERE,$(pwd),$(id -u),$(id -g),$HOME';
    const args = [
      'run',
      '-e',
      'A=1=2',
      '-e',
      'FROM_HERE',
      '-w',
      '/tmp',
      '-u',
      '1234:5678',
      'linux',
      'sh',
      '-c',
      script,
    ];
    expect((await w.mvm(args)).stdout).toBe('1=2,here,/tmp,1234,5678,/\n');
  });

  it('gives the program the first process id', async () => {
    expect((await world().mvm(['run', 'linux', 'sh', '-c', 'echo $$'])).stdout).toBe('1\n');
  });

  it('replaces the entrypoint and forgets the image’s command', async () => {
    const { stdout } = await world().mvm(['run', '--entrypoint', 'echo', 'linux', 'a', 'b']);
    expect(stdout).toBe('a b\n');
  });

  it('hands options after the image to the program', async () => {
    expect((await world().mvm(['run', 'linux', 'echo', '-n', '--', '-d'])).stdout).toBe('-- -d');
  });

  it('has the vCPUs and the memory that were asked for', async () => {
    const script = 'nproc; grep MemTotal /proc/meminfo';
    const { stdout } = await world().mvm(['run', '--cpus', '2', '-m', '256m', 'linux', 'sh', '-c', script]);
    const [cpus, memory] = stdout.split('\n');
    expect(cpus).toBe('2');
    const kib = Number(/\d+/.exec(memory ?? '')?.[0]);
    expect(kib).toBeGreaterThan(200 * 1024);
    expect(kib).toBeLessThanOrEqual(256 * 1024);
  });

  it('takes a gibibyte of writes in its root by default', async () => {
    const script = 'dd if=/dev/zero of=/big bs=1M count=1024 2>/dev/null && stat -c %s /big';
    expect(await world().mvm(['run', 'linux', 'sh', '-c', script])).toMatchObject({
      stdout: `${1024 ** 3}\n`,
      code: 0,
    });
  });

  it('has a network by default and none when asked', async () => {
    const w = world();
    const script = 'ip -4 addr show eth0 | grep -c 10.0.2.15; ip route | grep -c default';
    expect((await w.mvm(['run', 'linux', 'sh', '-c', script])).stdout).toBe('1\n1\n');
    expect((await w.mvm(['run', '--net', 'none', 'linux', 'sh', '-c', script])).stdout).toBe('0\n0\n');
  });

  it('ends a program at its timeout with code 124', async () => {
    expect((await world().mvm(['run', '--timeout', '500ms', 'linux', 'sleep', '600'])).code).toBe(124);
  });

  it('says where the time went, as text and as JSON, on stderr', async () => {
    const w = world();
    const text = await w.mvm(['run', '--timing', 'linux', 'echo', 'x']);
    expect(text.stdout).toBe('x\n');
    expect(text.stderr).toMatch(
      /request[\s\S]*engine started[\s\S]*kernel entered[\s\S]*agent ready[\s\S]*program started[\s\S]*first byte[\s\S]*exited/,
    );
    const points = JSON.parse((await w.mvm(['run', '--timing', '--json', 'linux', 'echo', 'x'])).stderr);
    const order = [
      0,
      points.engineStarted,
      points.kernelEntered,
      points.agentReady,
      points.programStarted,
      points.exited,
    ];
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('forwards the first interrupt and kills at the second', async () => {
    const w = world();
    const polite = w.start([
      'run',
      'linux',
      'sh',
      '-c',
      'trap "echo caught; exit 7" INT; echo ready; while :; do sleep 0.1; done',
    ]);
    await eventually(() => polite.stdout().includes('ready'), 'the program');
    polite.child.kill('SIGINT');
    expect(await polite.ended).toMatchObject({ code: 7, stdout: 'ready\ncaught\n' });

    const stubborn = w.start(['run', 'linux', 'sh', '-c', 'trap "" INT; echo ready; while :; do sleep 0.1; done']);
    await eventually(() => stubborn.stdout().includes('ready'), 'the program');
    // Signals that come at once count as one: a person's second ctrl-C comes later.
    const again = setInterval(() => stubborn.child.kill('SIGINT'), 200);
    expect((await stubborn.ended).code).toBe(137);
    clearInterval(again);
    expect(await w.machines()).toEqual([]);
  });

  it('undoes a start that is interrupted', async () => {
    const w = world();
    await w.mvm(['images']);
    const run = w.start(['run', 'linux', 'echo', 'never']);
    await eventually(async () => (await w.states()).length > 0, 'the start');
    run.child.kill('SIGINT');
    expect((await run.ended).code).not.toBe(0);
    await eventually(async () => (await w.machines()).length === 0, 'the end of the machine');
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const w = world();
    const run = w.start(['run', 'linux', 'yes']);
    await eventually(() => run.stdout().includes('y\n'), 'output');
    run.child.stdout?.destroy();
    expect(await run.ended).toMatchObject({ code: 141, stderr: '' });
    await eventually(async () => (await w.machines()).length === 0, 'the end of the machine');
  });

  it('ends then, too, when much more was printed than is under way at once', async () => {
    const w = world();
    const run = w.start(['run', 'linux', 'cat', '/dev/zero']);
    run.child.stdout?.pause();
    await eventually(async () => (await w.machines())[0]?.state.name === 'running', 'the start');
    // Every buffer on the way fills meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    run.child.stdout?.destroy();
    expect(await run.ended).toMatchObject({ code: 141, stderr: '' });
    await eventually(async () => (await w.machines()).length === 0, 'the end of the machine');
  });
});

describe('what mvm run refuses', () => {
  it('a program that is not there, with 127', async () => {
    const { code, stderr } = await world().mvm(['run', 'linux', 'no-such-program']);
    expect(code).toBe(127);
    expect(stderr).toContain('no-such-program');
  });

  it('a program that cannot be executed, with 126', async () => {
    expect((await world().mvm(['run', 'linux', '/etc/passwd'])).code).toBe(126);
  });

  it('an unknown image, saying what was meant', async () => {
    const { code, stderr } = await world().mvm(['run', 'linus', 'true']);
    expect(code).toBe(125);
    expect(stderr).toMatch(/no image 'linus'[\s\S]*Did you mean 'linux'/);
  });

  it.each([
    [['run', '--nmae', 'x', 'linux'], 'Did you mean --name'],
    [['run', '--memory', 'lots', 'linux'], "'lots' is not a size"],
    [['run', '--cpus', '0', 'linux'], 'out of range'],
    [['run', '--net', 'bridge', 'linux'], 'none or user'],
    [['run', '--timeout', 'soon', 'linux'], 'not a duration'],
    [['run', '-e', '=x', 'linux'], 'names no variable'],
    [['run', '-m', '1m', 'linux'], 'too little'],
    [['run', '--name', '-bad-', 'linux'], "cannot be a machine's name"],
    [['run', '-it', 'linux'], 'not a terminal'],
    [['run'], 'needs IMAGE'],
    [['run', '-v', '/tmp:/tmp', 'linux'], 'mvm cp copies them'],
    [['run', '--network', 'bridge', 'linux'], 'none or user'],
    [['run', ''], 'an empty word'],
    [['stop', 'web', ''], 'an empty word'],
    [['cp', 'web:/etc/hosts', ''], 'an empty word'],
    [['rm', '..'], "'..' names nothing"],
    [['rum', 'linux'], "Did you mean 'mvm run'"],
    [['pull', 'alpine'], "Did you mean 'mvm images import'"],
    [['export', 'web'], "Did you mean 'mvm cp'"],
    [['--debug', 'ps'], 'Options come after it: mvm ps --debug'],
  ])('%j with a sentence and 125', async (args, sentence) => {
    const result = await world().mvm(args);
    expect(result.stderr).toContain(sentence);
    expect(result).toMatchObject({ code: 125, stdout: '' });
  });
});
