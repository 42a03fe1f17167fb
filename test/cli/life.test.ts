import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually, type World, world } from '../world.ts';

const stateOf = async (w: World, name: string): Promise<string | undefined> =>
  (await w.machines()).find((machine) => machine.name === name)?.state.name;

async function keep(w: World, name: string, ...command: string[]): Promise<void> {
  const { code, stderr } = await w.mvm(['run', '-d', '--name', name, 'linux', ...command]);
  expect([code, stderr]).toEqual([0, '']);
}

describe('a kept machine', () => {
  it('starts again with its disk as it was, and its log goes on', async () => {
    const w = world();
    await keep(w, 'box', 'sh', '-c', 'echo run >>/count; wc -l </count; [ -e /stay ] && exec sleep 600; touch /stay');
    expect((await w.mvm(['wait', 'box'])).stdout).toBe('0\n');
    expect(await w.mvm(['start', 'box'])).toMatchObject({ code: 0, stdout: 'box\n' });
    expect(await stateOf(w, 'box')).toBe('running');
    await eventually(async () => (await w.mvm(['logs', 'box'])).stdout === '1\n2\n', 'both runs in the log');
    expect((await w.mvm(['restart', '-t', '0', 'box'])).code).toBe(0);
    await eventually(async () => (await w.mvm(['logs', 'box'])).stdout === '1\n2\n3\n', 'three runs in the log');
    expect((await w.mvm(['exec', 'box', 'cat', '/count'])).stdout).toBe('run\nrun\nrun\n');
  });

  it('that runs is left alone by start', async () => {
    const w = world();
    await keep(w, 'box', 'sleep', '600');
    const pid = async () => (await w.mvm(['exec', 'box', 'cat', '/proc/sys/kernel/random/boot_id'])).stdout;
    const before = await pid();
    expect(await w.mvm(['start', 'box'])).toMatchObject({ code: 0, stdout: 'box\n' });
    expect(await pid()).toBe(before);
  });

  it('starts again after its engine was killed, from what its disk holds', async () => {
    const w = world();
    await keep(w, 'box', 'sh', '-c', 'cat /kept 2>/dev/null; echo kept >/kept; sync; echo ready; exec sleep 600');
    await eventually(async () => (await w.mvm(['logs', 'box'])).stdout === 'ready\n', 'the first run');
    const [machine] = await w.machines();
    const record = `${w.home}/machines/${machine?.id}/machine.json`;
    process.kill(JSON.parse(readFileSync(record, 'utf8')).engine.pid, 'SIGKILL');
    await eventually(async () => (await stateOf(w, 'box')) === 'failed', 'the failure');
    expect((await w.mvm(['start', 'box'])).code).toBe(0);
    await eventually(async () => (await w.mvm(['logs', 'box'])).stdout === 'ready\nkept\nready\n', 'the second run');
  });

  it('gives who starts it with -a its streams apart and its exit code, from the first byte on', async () => {
    const w = world();
    await keep(w, 'box', 'sh', '-c', 'echo out; echo err >&2; exit 7');
    await w.mvm(['wait', 'box']);
    expect(await w.mvm(['start', '-a', 'box'])).toMatchObject({ code: 7, stdout: 'out\n', stderr: 'err\n' });
    expect(await stateOf(w, 'box')).toBe('stopped');
    await eventually(() => w.engines().length === 0, 'its guest to power off');
  });

  it('takes stdin with -i if it ran with it, and nothing without', async () => {
    const w = world();
    await w.mvm(['run', '-i', '--name', 'box', 'linux', 'sh', '-c', 'read line; echo "had $line"'], 'first\n');
    expect(await w.mvm(['start', '-i', 'box'], 'second\n')).toMatchObject({ code: 0, stdout: 'had second\n' });
    const open = w.start(['start', '-a', 'box']);
    open.child.stdin?.write('unheard\n');
    await eventually(async () => (await stateOf(w, 'box')) === 'running', 'the third run');
    expect((await w.mvm(['stop', '-t', '0', 'box'])).code).toBe(0);
    expect(await open.ended).toMatchObject({ code: 137, stdout: '' });
  });

  it('that is started with -a goes on for its client when the service dies', async () => {
    const w = world();
    await keep(w, 'box', 'sh', '-c', 'for i in 1 2 3; do echo $i; sleep 1; done; exit 5');
    await w.mvm(['wait', 'box']);
    const client = w.start(['start', '-a', 'box']);
    await eventually(() => client.stdout() === '1\n', 'the first line');
    await w.killService();
    expect(await client.ended).toMatchObject({ code: 5, stdout: '1\n2\n3\n', stderr: '' });
  });

  it('that runs already is attached to by start -a', async () => {
    const w = world();
    await keep(w, 'box', 'sh', '-c', 'echo begun; while [ ! -e /go ]; do sleep 0.1; done; echo done; exit 3');
    const client = w.start(['start', '-a', 'box']);
    await eventually(() => client.stdout() === 'begun\n', 'what it printed before');
    await w.mvm(['exec', 'box', 'touch', '/go']);
    expect(await client.ended).toMatchObject({ code: 3, stdout: 'begun\ndone\n' });
  });

  it('is not attached to with others, and never as JSON', async () => {
    const w = world();
    for (const words of [
      ['-a', 'one', 'two'],
      ['-a', '--json', 'one'],
    ])
      expect(await w.mvm(['start', ...words])).toMatchObject({
        code: 125,
        stdout: '',
        stderr: expect.stringMatching(/one machine alone|not JSON/),
      });
    expect(await w.mvm(['start', '-a', 'nobody'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('nobody'),
    });
  });

  it('takes another name, if nobody has it', async () => {
    const w = world();
    await keep(w, 'one', 'true');
    await keep(w, 'two', 'true');
    expect((await w.mvm(['rename', 'one', 'first'])).code).toBe(0);
    expect((await w.machines()).map(({ name }) => name).sort()).toEqual(['first', 'two']);
    const taken = await w.mvm(['rename', 'first', 'two']);
    expect([taken.code, taken.stderr]).toEqual([125, expect.stringContaining('a machine named two exists already')]);
    await w.api('POST', '/v1/shutdown');
    expect((await w.machines()).map(({ name }) => name).sort()).toEqual(['first', 'two']);
  });
});

describe('a further program', () => {
  it('that is left running is told by its own id', async () => {
    const w = world();
    await keep(w, 'box', 'sleep', '600');
    const { stdout } = await w.mvm(['exec', '-d', 'box', 'sleep', '601']);
    const sessions: { id: string; main: boolean }[] = JSON.parse((await w.mvm(['sessions', '--json'])).stdout);
    expect(sessions.filter(({ main }) => !main).map(({ id }) => id)).toEqual([stdout.trim()]);
  });
});

describe('an ephemeral machine', () => {
  it('does not start again, and says which would', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--rm', '--name', 'gone', 'linux', 'sleep', '600']);
    const { code, stderr } = await w.mvm(['restart', 'gone']);
    expect([code, stderr]).toEqual([125, expect.stringContaining('started with -d or --name are kept')]);
  });

  it('can be waited for to its end', async () => {
    const w = world();
    await w.mvm([
      'run',
      '-d',
      '--rm',
      '--name',
      'brief',
      'linux',
      'sh',
      '-c',
      'until [ -e /go ]; do sleep 0.1; done; exit 7',
    ]);
    const waiting = w.start(['wait', 'brief']);
    // However long a command takes to be there, this one is there later.
    await w.mvm(['exec', 'brief', 'sh', '-c', 'sleep 2; touch /go']);
    expect(await waiting.ended).toMatchObject({ code: 0, stdout: '7\n' });
  });

  it('tells its exit code while another is waited for', async () => {
    const w = world();
    await keep(w, 'long', 'sleep', '600');
    await w.mvm(['run', '-d', '--name', 'quick', 'linux', 'sh', '-c', 'exit 4']);
    const waiting = w.start(['wait', 'nope', 'quick', 'long']);
    await eventually(() => waiting.stdout() === '4\n', 'the quick one');
    expect(waiting.stderr()).toContain("no machine 'nope'");
    await w.mvm(['kill', 'long']);
    expect(await waiting.ended).toMatchObject({ code: 125, stdout: '4\n137\n' });
  });
});

describe('the timeline of a start', () => {
  it('is still the start’s after another service has taken over', async () => {
    const w = world();
    await keep(w, 'box', 'sh', '-c', 'while :; do echo on; sleep 0.2; done');
    const timeline = async () =>
      JSON.parse((await w.mvm(['inspect', 'box'])).stdout)[0].timeline as { firstByte?: number };
    const before = await eventually(async () => ((await timeline()).firstByte ? timeline() : undefined), 'a byte');
    await w.killService();
    const printed = (await w.mvm(['logs', 'box'])).stdout.length;
    await eventually(async () => (await w.mvm(['logs', 'box'])).stdout.length > printed, 'more output');
    expect(await timeline()).toEqual(before);
  });
});

describe('a paused machine', () => {
  it('stands still, goes on where it was, and knows the time then', async () => {
    const w = world();
    await keep(w, 'box', 'sh', '-c', 'i=0; while :; do i=$((i + 1)); echo $i >/count; sleep 0.05; done');
    const count = async () => Number((await w.mvm(['exec', 'box', 'cat', '/count'])).stdout);
    await eventually(async () => (await count()) > 2, 'the counter');
    expect((await w.mvm(['pause', 'box'])).code).toBe(0);
    expect(await stateOf(w, 'box')).toBe('paused');
    await w.mvm(['resume', 'box']);
    const twice = await w.mvm(['pause', 'box', 'box']);
    expect([twice.stdout, twice.stderr]).toEqual(['box\n', expect.stringMatching(/^mvm: machine box is paused$/m)]);
    const refused = await w.mvm(['exec', 'box', 'true']);
    expect([refused.code, refused.stderr]).toEqual([125, expect.stringContaining('mvm resume box')]);
    const [before] = (JSON.parse((await w.mvm(['stats', '--json', 'box'])).stdout) as { cpuMs: number }[]).values();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const [after] = (JSON.parse((await w.mvm(['stats', '--json', 'box'])).stdout) as { cpuMs: number }[]).values();
    expect((after?.cpuMs ?? 0) - (before?.cpuMs ?? 0)).toBeLessThan(1_000);
    expect((await w.mvm(['resume', 'box'])).code).toBe(0);
    const asked = Date.now() / 1000;
    const told = Number((await w.mvm(['exec', 'box', 'date', '+%s'])).stdout);
    expect(told).toBeGreaterThan(asked - 2.5);
    expect(told).toBeLessThan(Date.now() / 1000 + 1.5);
    const seen = await count();
    await eventually(async () => (await count()) > seen, 'the counter going on');
  });

  it('is found paused by the next service, and stopped like any other', async () => {
    const w = world();
    await keep(w, 'box', 'sleep', '600');
    await w.mvm(['pause', 'box']);
    process.kill(await w.servicePid(), 'SIGKILL');
    await eventually(async () => (await stateOf(w, 'box')) === 'paused', 'the paused machine');
    const watching = w.start(['attach', 'box']);
    const told = 'mvm: box is paused; mvm resume box lets it go on\n';
    await eventually(() => watching.stderr() === told, 'who attaches to be told');
    await w.mvm(['resume', 'box']);
    expect((await w.mvm(['exec', 'box', 'echo', 'awake'])).stdout).toBe('awake\n');
    await w.mvm(['pause', 'box']);
    expect((await w.mvm(['stop', '-t', '1', 'box'])).code).toBe(0);
    expect(await stateOf(w, 'box')).toBe('stopped');
  });
});

describe('what a machine is given', () => {
  it('is its hostname, its hosts, its labels and what it may write', async () => {
    const w = world();
    const script =
      'hostname; grep -E "db|gate" /etc/hosts; touch /x 2>&1; touch /scratch/y && echo wrote; df -k /scratch | tail -1';
    const given = ['--hostname', 'tea.example', '--add-host', 'db:10.0.0.7', '--add-host', 'gate:host-gateway'];
    const limits = ['--read-only', '--tmpfs', '/scratch:size=1m,mode=755'];
    const { code, stdout, stderr } = await w.mvm(['run', ...given, ...limits, 'linux', 'sh', '-c', script]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^tea\.example\n10\.0\.0\.7\tdb\n10\.0\.2\.2\tgate\ntouch: \/x: Read-only file system\nwrote\ntmpfs +1024 /,
    );
  });

  it.each([
    [['--hostname', 'bad_name'], 'cannot be a hostname'],
    [['--add-host', 'db:nowhere'], 'no host name and address'],
    [['--tmpfs', 'run'], 'not an absolute folder'],
    [['--tmpfs', '/run:sise=1m'], "no option 'sise=1m'"],
    [['--label', '=x'], 'names no label'],
    [['--env-file', '/nowhere/env'], 'cannot be read'],
  ])('is refused by name when it makes no sense: %j', async (words, sentence) => {
    const w = world();
    const { code, stderr } = await w.mvm(['run', ...words, 'linux', 'true']);
    expect([code, stderr]).toEqual([125, expect.stringContaining(sentence)]);
  });
});

describe('events', () => {
  it('are those alone that fit, and a machine that is gone still has its name', async () => {
    const w = world();
    await w.mvm(['ps']);
    const all = w.start(['events']);
    const ended = w.start([
      'events',
      '--filter',
      'machine=web',
      '--filter',
      'event=stopped',
      '--filter',
      'event=removed',
    ]);
    const labelled = w.start(['events', '--json', '--filter', 'label=tier', '--filter', 'event=running']);
    // They say nothing of what is there: a machine comes and goes until each has heard of one.
    await eventually(async () => {
      await w.mvm(['run', '--name', 'web', '--label', 'tier=front', 'linux', 'sh', '-c', 'exit 3']);
      await w.mvm(['rm', 'web']);
      const heard = [all, ended].every(({ stdout }) => / web \(linux\) removed\n/.test(stdout()));
      return heard && / web \(linux\) running\n/.test(all.stdout()) && labelled.stdout().includes('\n');
    }, 'all three to hear of it');
    expect(ended.stdout()).toMatch(/^(\S+ machine \w{12} web \(linux\) (stopped \(3\)|removed)\n)+$/);
    expect(JSON.parse(labelled.stdout().split('\n')[0] ?? '')).toMatchObject({
      type: 'machine',
      machine: { name: 'web', state: { name: 'running' } },
    });
    expect((await w.mvm(['events', '--filter', 'tpye=image'])).stderr).toContain('Did you mean type?');
  });

  it('tell of every step of a machine as it happens', async () => {
    const w = world();
    await w.mvm(['ps']);
    const watcher = w.start(['events', '--json']);
    await eventually(() => watcher.stdout().includes('"snapshot"'), 'the snapshot');
    await w.mvm(['run', 'linux', 'true']);
    await eventually(() => watcher.stdout().includes('machine-removed'), 'the end');
    watcher.child.kill('SIGINT');
    const told = watcher
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; revision: number; machine?: { state: { name: string } } });
    const states = told.flatMap(({ machine }) => (machine ? [machine.state.name] : []));
    expect([...new Set(states)]).toEqual(['created', 'starting', 'running', 'stopped']);
    expect(told.map(({ revision }) => revision)).toEqual(
      [...told.map(({ revision }) => revision)].sort((a, b) => a - b),
    );
  });
});
