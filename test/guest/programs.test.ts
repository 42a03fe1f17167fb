import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GuestExit } from '../../vmm/guest/messages.ts';
import { diskWith, Guest } from './guest.ts';
import { nowhere, program } from './program.ts';

const passwd = 'root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1001:Bob:/home/bob:/bin/sh\n';
const group = 'root:x:0:\nwheel:x:10:bob\nbob:x:1001:\n';

describe('a program in a machine', () => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await Guest.machine(
      diskWith('users', [
        { path: 'etc/passwd', kind: 'file', content: Buffer.from(passwd) },
        { path: 'etc/group', kind: 'file', content: Buffer.from(group) },
        { path: 'opt/noshebang', kind: 'file', mode: 0o755, content: Buffer.from('echo no\n') },
        { path: 'opt/missing', kind: 'file', mode: 0o755, content: Buffer.from('#!/no/interpreter\n') },
      ]),
    );
  });
  afterAll(() => guest.end());

  test('has its outputs apart and its exit code', async () => {
    const { stdout, stderr, exit } = await guest.sh('echo out; echo err >&2; exit 42');
    expect([stdout, stderr, exit.code, exit.signal]).toEqual(['out\n', 'err\n', 42, null]);
  });

  test('that a signal ends is reported as a shell reports it', async () => {
    const killed = await guest.sh('kill -9 $$');
    expect(killed.exit).toMatchObject({ code: 137, signal: 'SIGKILL' });
    const ended = await guest.sh('kill -TERM $$');
    expect(ended.exit).toMatchObject({ code: 143, signal: 'SIGTERM' });
  });

  test('reads what is sent to it, or nothing at once', async () => {
    expect((await guest.run(['cat'], { input: 'hello' })).stdout).toBe('hello');
    expect((await guest.run(['cat'])).stdout).toBe('');
  });

  test.each([
    ['exec.not-found', 'nope', {}],
    ['exec.not-found', '/nope/nope', {}],
    ['exec.not-found', '/opt/missing', {}],
    ['exec.not-executable', '/etc/passwd', {}],
    ['exec.not-executable', '/etc', {}],
    ['exec.not-executable', '/opt/noshebang', {}],
    ['exec.no-user', 'true', { user: 'alice' }],
    ['exec.no-cwd', 'true', { cwd: '/nope' }],
  ])('that cannot be run gives %s for %s', async (code, name, change) => {
    await expect(guest.run([name], change)).rejects.toMatchObject({ code });
  });

  test('runs as the user it is given', async () => {
    expect((await guest.sh('id')).stdout).toMatch(/^uid=0\(root\) gid=0\(root\)/);
    const bob = await guest.sh('id; echo $HOME; echo again > /dev/stdout', { user: 'bob' });
    expect(bob.stdout).toBe('uid=1000(bob) gid=1001(bob) groups=10(wheel)\n/home/bob\nagain\n');
    expect((await guest.sh('id -u; id -g', { user: '7:10' })).stdout).toBe('7\n10\n');
  });

  test('has the limits that it is given, and is refused those that the kernel refuses', async () => {
    const ulimits = [
      { name: 'nofile', soft: 20, hard: 30 },
      { name: 'nproc', soft: -1, hard: -1 },
      { name: 'as', soft: 100_000_000, hard: 100_000_000 },
      { name: 'stack', soft: 1 << 20, hard: -1 },
    ];
    const asked = { ulimits, user: 'bob', groups: ['wheel', '12'] };
    const limited = await guest.sh('ulimit -n; ulimit -Hn; ulimit -v; ulimit -s; id -G; exit 3', asked);
    expect([limited.stdout, limited.exit.code]).toEqual(['20\n30\n97656\n1024\n1001 10 12\n', 3]);
    expect((await guest.run(['cat'], { ulimits, input: 'through' })).stdout).toBe('through');
    const above = { name: 'nofile', soft: 1, hard: 2 ** 40 };
    await expect(guest.run(['true'], { ulimits: [above] })).rejects.toMatchObject({ code: 'exec.limit' });
    await expect(guest.run(['nope'], { ulimits })).rejects.toMatchObject({ code: 'exec.not-found' });
    await expect(guest.run(['true'], { groups: ['nope'] })).rejects.toMatchObject({ code: 'exec.no-user' });
  });

  test('begins with plain signals, limits and mask, and in its folder', async () => {
    const { stdout } = await guest.sh('pwd; ulimit -n; umask; cat /proc/self/status | grep -E "^Sig(Blk|Ign)"', {
      cwd: '/tmp',
    });
    expect(stdout).toBe('/tmp\n1024\n0022\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
  });

  test('sees the machine alone: its processes, its mounts, no agent', async () => {
    const { stdout } = await guest.sh('readlink /proc/1/exe; cat /proc/1/cmdline | tr "\\0" " "; cat /proc/mounts');
    expect(stdout).toContain('sleep 100000');
    expect(stdout).not.toMatch(/init|rootfs|\/scratch /);
  });

  test('that leaves a child behind with its output ends all the same', async () => {
    const { stdout, exit } = await guest.sh('(sleep 1000; echo late) & echo early');
    expect([stdout, exit.code]).toEqual(['early\n', 0]);
  });

  test('may be signalled, and answers as it likes', async () => {
    const ready = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<GuestExit>();
    const script = 'trap "exit 5" USR1; echo ready; while :; do sleep 0.1; done';
    const process = await guest.agent.exec(program(['sh', '-c', script]), {
      ...nowhere,
      output: () => ready.resolve(),
      exit: ended.resolve,
    });
    await ready.promise;
    await process.signal('SIGUSR1');
    expect(await ended.promise).toMatchObject({ code: 5, signal: null });
    await expect(process.signal('SIGNONE')).rejects.toMatchObject({ code: 'agent.bad-request' });
  });

  test("sleeps as long as the guest's clock says", async () => {
    const { stdout } = await guest.sh('cut -d" " -f1 /proc/uptime; sleep 1; cut -d" " -f1 /proc/uptime');
    const [before = 0, after = 0] = stdout.split('\n').map(Number);
    // In hundredths, as /proc/uptime counts.
    expect(Math.round((after - before) * 100)).toBeGreaterThanOrEqual(100);
  });

  test('whose id is taken already is refused', async () => {
    await expect(guest.run(['true'], { session: 'main' })).rejects.toMatchObject({ code: 'exec.duplicate' });
  });
});
