import { afterEach, describe, expect, test } from 'vitest';
import { become, diskWith, Guest, scratchDisk } from './guest.ts';
import { nowhere, program } from './program.ts';

describe('a guest', () => {
  let guest: Guest;
  afterEach(() => guest.end());

  const marked = (mark: string) =>
    diskWith(mark, [{ path: 'etc/mark', kind: 'file', content: Buffer.from(`${mark}\n`) }]);

  test('serves two images in turn, and nothing of the first is left in the second', async () => {
    guest = await Guest.boot(marked('first'));
    const forward = '/proc/sys/net/ipv4/ip_forward';
    const first = await guest.run(['sh', '-c', `echo x > /left; sleep 1000 & cat /etc/mark ${forward}; hostname`], {
      main: true,
      become: become({ hostname: 'one', sysctls: [{ name: 'net.ipv4.ip_forward', value: '1' }] }),
    });
    expect(first.stdout).toBe('first\n1\none\n');
    await guest.agent.release();
    await guest.engine.exchangeDisk('image', await marked('second')(guest.folder));
    await guest.engine.exchangeDisk('machine', scratchDisk(guest.folder, 'other'));
    const second = await guest.run(
      ['sh', '-c', `cat /etc/mark ${forward}; hostname; ls /left; ps | grep -c [s]leep; ip -4 -o addr`],
      {
        main: true,
        become: become({ hostname: 'two', network: null }),
      },
    );
    expect(second.stdout).toMatch(/^second\n0\ntwo\n0\n1: lo .*\n$/);
    expect(second.stderr).toContain('/left: No such file');
  });

  test('whose programs run is released with all of them', async () => {
    guest = await Guest.machine(marked('first'));
    await guest.agent.exec(program(['sh', '-c', 'trap "" TERM; while :; do sleep 1; done']), nowhere);
    await guest.agent.release();
    await guest.reconnect();
    expect(guest.agent.guest).toMatchObject({ machineId: null, processes: [] });
    await guest.engine.exchangeDisk('machine', scratchDisk(guest.folder, 'other'));
    expect((await guest.run(['cat', '/etc/mark'], { main: true, become: become() })).stdout).toBe('first\n');
  });

  test('is told its name, its time and its network', async () => {
    guest = await Guest.boot();
    const time = { sec: 1_000_000_000, nsec: 0 };
    const { stdout } = await guest.run(
      ['sh', '-c', 'hostname; date +%s; cat /etc/hostname /etc/hosts /etc/resolv.conf; ip route'],
      { main: true, become: become({ hostname: 'named', time }) },
    );
    const [hostname, seconds, ...files] = stdout.split('\n');
    expect(hostname).toBe('named');
    expect(Number(seconds)).toBeGreaterThanOrEqual(time.sec);
    expect(Number(seconds)).toBeLessThan(time.sec + 3600);
    expect(files).toEqual(
      expect.arrayContaining(['named', '10.0.2.15\tnamed', 'nameserver 10.0.2.3', 'default via 10.0.2.2 dev eth0 ']),
    );
  });

  test('draws other random numbers than one with the same seed would', async () => {
    guest = await Guest.boot();
    const draw = async () => {
      const { stdout } = await guest.run(['sh', '-c', 'od -An -tx1 -N16 /dev/urandom'], {
        main: true,
        become: become(),
      });
      await guest.agent.release();
      await guest.engine.exchangeDisk('machine', scratchDisk(guest.folder, `after-${stdout.trim()}`));
      return stdout;
    };
    expect(await draw()).not.toBe(await draw());
  });

  test('gets no more CPU than its limit', async () => {
    guest = await Guest.boot();
    // Time in which the host does not run the guest counts as the program's, too.
    const spin = 'while :; do :; done & sleep 4; kill $!; wait; cat /proc/self/cgroup';
    const { exit } = await guest.run(['sh', '-c', spin], { main: true, become: become({ cpuMillis: 100 }) });
    expect(exit.userUs + exit.systemUs).toBeLessThan(2_000_000);
  });

  test('runs images with odd roots', async () => {
    const odd = diskWith('odd', [
      { path: 'etc', kind: 'symlink', target: 'conf' },
      { path: 'conf', kind: 'directory' },
      { path: 'conf/hosts', kind: 'symlink', target: '/../../../nowhere/hosts' },
      { path: 'conf/resolv.conf', kind: 'fifo' },
      { path: 'conf/hostname', kind: 'directory' },
    ]);
    guest = await Guest.boot(odd);
    const { stdout } = await guest.run(['sh', '-c', 'cat /etc/hosts; ls -ld /etc/resolv.conf'], {
      main: true,
      become: become({ hostname: 'odd' }),
    });
    expect(stdout).toMatch(/10\.0\.2\.15\todd\np/);
  });

  test('refuses to become two machines at once, and a disk that is none', async () => {
    guest = await Guest.boot();
    await expect(guest.agent.become(become({ image: '/dev/vdb' }))).rejects.toMatchObject({ code: 'become.failed' });
    await guest.agent.become(become());
    await expect(guest.agent.become(become())).rejects.toMatchObject({ code: 'agent.busy' });
  });

  test('turns itself off, disks unmounted', async () => {
    guest = await Guest.machine();
    await guest.agent.powerOff();
    expect(await guest.engine.exited).toMatchObject({ code: 0 });
  });
});
