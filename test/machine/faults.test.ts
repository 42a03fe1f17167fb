import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { homePaths } from '../../vmm/paths.ts';
import { claimHome } from '../../vmm/service/claim.ts';
import { startService } from '../../vmm/service/service.ts';
import { brokenGuest } from '../broken-guest.ts';
import { eventually, type World, world } from '../world.ts';

const asRoot = process.getuid?.() === 0;

/** The program that the base image is made of. */
const busybox = (): Buffer =>
  readFileSync(['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path)) as string);

describe('a service that is killed', () => {
  it('loses not a byte of what a program prints', async () => {
    const w = world();
    const program = busybox();
    const rounds = Math.ceil((100 * 1024 * 1024) / program.length);
    const script = `i=0; while [ $i -lt ${rounds} ]; do echo $i; cat /bin/busybox; i=$((i + 1)); done`;
    const run = w.start(['run', 'linux', 'sh', '-c', script]);
    const hash = createHash('sha256');
    let bytes = 0;
    run.child.stdout?.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      bytes += chunk.length;
    });
    for (const megabytes of [10, 30, 60]) {
      await eventually(() => bytes > megabytes * 1024 * 1024, `${megabytes} MiB`);
      await w.killService();
    }
    expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
    const expected = createHash('sha256');
    for (let round = 0; round < rounds; round++) expected.update(`${round}\n`).update(program);
    expect(bytes).toBeGreaterThan(100 * 1024 * 1024);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
  });

  it('loses nothing of what a program reads', async () => {
    const w = world();
    const input = Buffer.alloc(40 * 1024 * 1024, 'some input that is long enough to notice a gap\n');
    const run = w.start(['run', '-i', 'linux', 'sha256sum']);
    run.child.stdin?.write(input.subarray(0, input.length / 2));
    await eventually(async () => (await w.machines())[0]?.state.name === 'running', 'the start');
    await w.killService();
    run.child.stdin?.end(input.subarray(input.length / 2));
    const { stdout } = await run.ended;
    expect(stdout).toBe(`${createHash('sha256').update(input).digest('hex')}  -\n`);
  });

  it('finds its three machines again, none doubled, and exec works', async () => {
    const w = world();
    for (const name of ['a', 'b', 'c']) await w.mvm(['run', '-d', '--name', name, 'linux', 'sleep', '600']);
    const before = w.engines();
    await w.killService();
    const machines = await w.machines();
    expect(machines.map(({ name, state }) => [name, state.name]).sort()).toEqual([
      ['a', 'running'],
      ['b', 'running'],
      ['c', 'running'],
    ]);
    for (const { name } of machines) expect((await w.mvm(['exec', name, 'echo', name])).stdout).toBe(`${name}\n`);
    expect(w.engines()).toEqual(before);
  });

  it('leaves a record of machines that died with it', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'kept', 'linux', 'sleep', '600']);
    // One whose client does not know yet that it runs would be run once more.
    const run = w.start(['run', 'linux', 'sh', '-c', 'echo up; exec sleep 600']);
    await eventually(() => run.stdout() === 'up\n', 'the client to know that it runs');
    const pids = w.engines();
    await w.killService();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await run.ended;
    const machines = await w.machines();
    expect(machines.map(({ name, state }) => [name, state.name])).toEqual([['kept', 'failed']]);
    expect(w.engines()).toEqual([]);
  });
});

describe('services', () => {
  it('started at once are one', async () => {
    const w = world();
    const answers = await Promise.all(Array.from({ length: 6 }, () => w.mvm(['ps', '--json'])));
    expect(answers.map(({ code, stdout }) => [code, stdout.trim()])).toEqual(Array(6).fill([0, '[]']));
    expect(w.serviceLog().match(/ serves /g)).toHaveLength(1);
  });

  it('replace a stale socket', async () => {
    const w = world();
    await w.mvm(['ps']);
    const path = w.socketPath;
    await w.killService();
    expect(existsSync(path)).toBe(true);
    expect((await w.mvm(['ps'])).code).toBe(0);
  });

  it('end when nothing is left to do, and not before', async () => {
    const w = world();
    await w.mvm(['ps']);
    await w.api('PUT', '/v1/settings/idleMs', { value: 200 });
    await w.api('POST', '/v1/shutdown');
    await w.mvm(['run', '-d', '--name', 'a', 'linux', 'sleep', '600']);
    const pid = await w.servicePid();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    await w.mvm(['rm', '-f', 'a']);
    await eventually(() => !existsSync(`/proc/${pid}`), 'the idle end');
  });

  it('answer who asks in the moment in which they would end', async () => {
    const w = world();
    await w.mvm(['ps']);
    await w.api('PUT', '/v1/settings/idleMs', { value: 400 });
    await w.api('POST', '/v1/shutdown');
    await w.mvm(['ps']);
    const pid = await w.servicePid();
    process.kill(pid, 'SIGSTOP');
    const asked = w.mvm(['pause', 'nowhere']);
    // By now it has been idle for long enough, and somebody waits at its door.
    await new Promise((resolve) => setTimeout(resolve, 800));
    process.kill(pid, 'SIGCONT');
    expect((await asked).stderr).toContain("there is no machine 'nowhere'");
  });

  it('do not end for having nothing to do before they serve', async () => {
    const w = world();
    await w.mvm(['ps']);
    await w.api('PUT', '/v1/settings/idleMs', { value: 100 });
    await w.killService();
    // A record that takes its time to be read, until something is written into it.
    const slow = join(w.home, 'machines', 'slow');
    mkdirSync(slow);
    execFileSync('mkfifo', [join(slow, 'machine.json')]);
    const claim = claimHome(w.home);
    if (!claim) throw new Error('another service has the home of this test');
    const starting = startService({ claim, env: w.env });
    await new Promise((resolve) => setTimeout(resolve, 400));
    writeFileSync(join(slow, 'machine.json'), '{}');
    const { ended } = await starting;
    await ended;
    expect(w.serviceLog()).toMatch(/ serves .*\n.*the service ends: it was idle\n$/);
  });
});

/** A list of what was built, in which something is another or, with null, absent. */
function artifactsWith(change: Record<string, string | null>): string {
  const built = JSON.parse(readFileSync(join(import.meta.dirname, '../../.build/artifacts.json'), 'utf8'));
  const list = join(mkdtempSync(join(tmpdir(), 'mvm-artifacts-')), 'artifacts.json');
  writeFileSync(list, JSON.stringify({ ...built, ...change }));
  return list;
}

describe('a guest that fails', () => {
  const broken = (init: string): World => world({ env: { MVM_ARTIFACTS: brokenGuest(init) } });

  it('by a panic is reported with the console’s last lines', async () => {
    const w = broken('echo about to die; exit 1');
    const { code, stderr } = await w.mvm(['run', 'linux', 'true']);
    expect(code).toBe(125);
    expect(stderr).toMatch(/panicked[\s\S]*about to die[\s\S]*Kernel panic/);
    expect(w.engines()).toEqual([]);
  });

  it('by silence is given up at the deadline, with the console’s last lines', async () => {
    const w = broken('echo waiting for nothing; while :; do /busybox sleep 1; done');
    await w.mvm(['ps']);
    let said = '';
    // On a busy computer the kernel alone takes longer than the first of them.
    for (const value of [3_000, 10_000, 30_000]) {
      if (said.includes('waiting for nothing')) break;
      await w.api('PUT', '/v1/settings/startDeadlineMs', { value });
      const { code, stderr } = await w.mvm(['run', 'linux', 'true']);
      expect(code).toBe(125);
      expect(w.engines()).toEqual([]);
      said = stderr;
    }
    expect(said).toMatch(/did not answer[\s\S]*waiting for nothing/);
  });

  it('because its engine was killed ends the run with an error', async () => {
    const w = world();
    const run = w.start(['run', 'linux', 'sh', '-c', 'echo on; sleep 600']);
    await eventually(() => run.stdout().includes('on'), 'the program');
    for (const pid of w.engines()) process.kill(pid, 'SIGKILL');
    const { code, stderr } = await run.ended;
    expect(code).toBe(125);
    expect(stderr).toMatch(/engine of machine .* ended unexpectedly/);
    expect(await w.machines()).toEqual([]);
  });

  it('that prints on its console for ever fills no disk', async () => {
    const w = world();
    await w.mvm([
      'run',
      '-d',
      '--name',
      'loud',
      'linux',
      'sh',
      '-c',
      'mknod /tmp/console c 4 64; yes loud > /tmp/console',
    ]);
    const [machine] = await w.machines();
    const folder = join(homePaths(w.home).machines, machine?.id ?? '');
    const sizes = () =>
      readdirSync(folder)
        .filter((name) => name.startsWith('console'))
        // As the console turns, one half is there under another name before the next one is begun.
        .map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
    await eventually(() => sizes().length === 2, 'the console to turn');
    for (let look = 0; look < 10; look++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(sizes().reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(512 * 1024);
    }
  });
});

describe('a catalog', () => {
  it('that is damaged is set aside and rebuilt from what is on disk', async () => {
    const w = world();
    await w.mvm(['run', '--name', 'kept', 'linux', 'true']);
    await w.api('PUT', '/v1/settings/cpus', { value: 2 });
    await w.killService();
    await w.mvm(['ps']);
    await w.killService();
    const { catalog } = homePaths(w.home);
    for (const suffix of ['-wal', '-shm']) rmSync(catalog + suffix, { force: true });
    writeFileSync(catalog, 'this was a database once\n'.repeat(1000));
    expect((await w.machines()).map(({ name }) => name)).toEqual(['kept']);
    expect(JSON.parse((await w.mvm(['images', '--json'])).stdout)).toMatchObject([{ reference: 'linux' }]);
    expect((await w.api('GET', '/v1/settings')).body).toMatchObject({ cpus: 2 });
    expect((await w.mvm(['doctor'])).stdout).toContain('the catalog was damaged');
    expect((await w.mvm(['run', 'linux', 'echo', 'fine'])).stdout).toBe('fine\n');
  });

  it('of a newer version is left alone, with a word on what to do', async () => {
    const w = world();
    await w.mvm(['ps']);
    await w.killService();
    const db = new Database(homePaths(w.home).catalog);
    db.pragma('user_version = 999');
    db.close();
    const { code, stderr } = await w.mvm(['ps']);
    expect(code).toBe(125);
    expect(stderr).toMatch(/newer mvm[\s\S]*Update this mvm/);
  });
});

describe('a home', () => {
  it('without space says so, and nothing is left running', async ({ skip }) => {
    if (!asRoot) skip('mounting a small tmpfs needs root');
    const disk = mkdtempSync(join(tmpdir(), 'mvm-small-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    try {
      const w = world({ home: join(disk, 'home') });
      const { code, stderr } = await w.mvm(['run', 'linux', 'true']);
      expect(code).toBe(125);
      expect(stderr).toMatch(/space/);
      expect(w.engines()).toEqual([]);
      await w.end();
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  it('that is read-only says so', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'mvm-readonly-'));
    const home = join(disk, 'home');
    // Modes do not stop root: it gets a file system that cannot be written to.
    if (asRoot) execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', disk]);
    mkdirSync(home, { mode: 0o700 });
    const w = world({ home });
    if (asRoot) execFileSync('mount', ['-o', 'remount,ro', disk]);
    else {
      // A home of one's own is made writable again, so here it is its parent that refuses.
      rmSync(home, { recursive: true });
      chmodSync(disk, 0o500);
    }
    try {
      const { code, stderr } = await w.mvm(['run', 'linux', 'true']);
      expect(code).toBe(125);
      expect(stderr).toMatch(/cannot be used as MVM_HOME[\s\S]*Set MVM_HOME/);
    } finally {
      if (asRoot) execFileSync('umount', ['-l', disk]);
    }
  });

  it('with a very long path has its sockets elsewhere', async () => {
    const home = join(mkdtempSync(join(tmpdir(), 'mvm-long-')), 'x'.repeat(120));
    mkdirSync(home);
    const w = world({ home });
    expect((await w.mvm(['run', 'linux', 'echo', 'fine'])).stdout).toBe('fine\n');
    expect(w.socketPath.startsWith(home)).toBe(false);
  });
});

describe('without an engine', () => {
  it('a run names what to install, and doctor fails with the same line', async () => {
    const w = world({ env: { PATH: '/nonexistent', MVM_QEMU: '', MVM_ARTIFACTS: artifactsWith({ engine: null }) } });
    const run = await w.mvm(['run', 'linux', 'true']);
    expect(run.code).toBe(125);
    expect(run.stderr).toMatch(/qemu/i);
    const doctor = await w.mvm(['doctor']);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/FAIL +engine/);
  });
});

describe('events', () => {
  it('begin with a snapshot and go on with rising revisions', async () => {
    const { WebSocket } = await import('ws');
    const w = world();
    await w.mvm(['ps']);
    const socket = new WebSocket('ws://mvm/v1/events', { createConnection: () => connect(w.socketPath) });
    const events: { type: string; revision: number; machine?: { state: { name: string } } }[] = [];
    socket.on('message', (data) => events.push(JSON.parse(String(data))));
    await eventually(() => events.length > 0, 'the snapshot');
    expect(events[0]).toMatchObject({ type: 'snapshot', machines: [] });
    await w.mvm(['run', 'linux', 'true']);
    await eventually(() => events.at(-1)?.type === 'machine-removed', 'the removal');
    const revisions = events.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(new Set(revisions).size).toBe(revisions.length);
    const states = events.flatMap(({ machine }) => (machine ? [machine.state.name] : []));
    expect([...new Set(states)]).toEqual(['created', 'starting', 'running', 'stopped']);
    socket.close();
  });
});

// A peer that is no service: what it says is no answer of ours.
describe('a socket that answers nonsense', () => {
  it('is an error, not a hang', async () => {
    const w = world();
    const { run } = homePaths(w.home);
    mkdirSync(run, { recursive: true, mode: 0o700 });
    const server = createServer((socket) => socket.end('this is not HTTP\r\n\r\n')).listen(join(run, 'mvm.sock'));
    try {
      expect((await w.mvm(['ps'])).code).toBe(125);
    } finally {
      server.close();
      rmSync(join(run, 'mvm.sock'), { force: true });
    }
  });
});
