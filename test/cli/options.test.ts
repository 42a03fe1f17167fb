/** Options that hands used to docker type: many in one guest, for each guest takes its time. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { World } from '../world.ts';

const folder = mkdtempSync(join(tmpdir(), 'mvm-options-'));
const path = (name: string): string => join(folder, name);
const w = new World();
afterAll(async () => {
  await w.end();
  rmSync(folder, { recursive: true });
});

const ASKED = [
  ...['--init', '--stop-signal', 'hup', '--stop-timeout', '1'],
  ...['--ulimit', 'nofile=100:200', '--ulimit', 'core=0:-1', '--ulimit', 'as=200000000', '--group-add', '12'],
  ...['--shm-size', '8m', '--mount', 'type=tmpfs,dst=/scratch,tmpfs-size=1m,tmpfs-mode=0700'],
  ...['--dns', '10.9.8.7', '--dns-search', 'tea.example', '--dns-option', 'ndots:3'],
  ...['--sysctl', 'net.ipv4.ip_forward=1', '--sysctl', 'kernel.msgmax=4000'],
  ...['-P', '--expose', '7', '--expose', '9/udp', '--platform', 'linux', '--pull', 'missing', '--restart', 'no'],
];

/** What a program sees of that. */
const LOOK = `
  tr '\\0' ' ' </proc/1/cmdline; echo
  echo $(ulimit -n) $(ulimit -Hn) $(ulimit -c) $(ulimit -Hc) $(ulimit -v); id -G
  df -k /dev/shm /scratch | tail -n 2 | tr -s ' ' | cut -d ' ' -f 2; stat -c %a /scratch
  cat /etc/resolv.conf /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
  (sleep 0.1 &); sleep 0.5; grep -l '^State:.Z' /proc/[0-9]*/status`;
const SEEN = [
  ...['mvm-init ', '100 200 0 unlimited 195312', '0 12', '8192', '1024', '700'],
  ...['search tea.example', 'nameserver 10.9.8.7', 'options ndots:3', '1', '4000', ''],
].join('\n');

describe('a machine', () => {
  it('has what docker’s options ask for, and further programs in it have it too', async () => {
    writeFileSync(path('labels'), '# of the shop\ntier=back\nbare\n');
    const files = ['--label-file', path('labels'), '-l', 'tier=front', '--cidfile', path('id')];
    const script = 'trap "echo asked" HUP; echo $$; while :; do sleep 0.1; done';
    const begun = await w.mvm(['run', '-d', '--name', 'box', ...ASKED, ...files, 'linux', 'sh', '-c', script]);
    expect([begun.code, begun.stderr]).toEqual([0, '']);
    expect(`${readFileSync(path('id'), 'utf8')}\n`).toBe(begun.stdout);
    expect((await w.mvm(['exec', 'box', 'sh', '-c', LOOK])).stdout).toBe(SEEN);
    expect((await w.mvm(['port', 'box'])).stdout).toMatch(/^7\/tcp -> 127.0.0.1:\d+\n9\/udp -> 127.0.0.1:\d+\n$/);
    const asked = Date.now();
    expect((await w.mvm(['stop', 'box'])).code).toBe(0);
    // Without --stop-timeout it has ten seconds; how long its guest then takes to power off is not counted.
    const end = Number((await w.mvm(['inspect', '--format', '{{.state.exit.at}}', 'box'])).stdout);
    expect(end - asked).toBeLessThan(10_000);
    expect((await w.mvm(['logs', 'box'])).stdout).toMatch(/^[2-9]\d*\nasked\n$/);
    const format = '{{.Config.StopSignal}} {{.Config.StopTimeout}} {{.State.ExitCode}} {{json .Config.Labels}}';
    const told = await w.mvm(['inspect', '--format', format, 'box']);
    expect(told.stdout).toBe('SIGHUP 1 137 {"tier":"front","bare":""}\n');
    await w.mvm(['rm', 'box']);
  });

  it('with an init ends as its program does, which has the terminal to itself', async () => {
    const options = ['--init', '-t', '--ulimit', 'nofile=50'];
    const { code, stdout } = await w.mvm(['run', ...options, 'linux', 'sh', '-c', 'tty; ulimit -n; kill -9 $$']);
    expect([code, stdout]).toEqual([137, '/dev/pts/0\r\n50\r\n']);
  });

  it('is none when its kernel refuses what was asked for, or its id has no file', async () => {
    const kept = ['run', '-d', '--name', 'box', '--cidfile'];
    const refused = await w.mvm([...kept, path('none'), '--sysctl', 'net.nothing=1', 'linux', 'true']);
    expect([refused.code, refused.stderr]).toEqual([125, expect.stringContaining('no setting "net.nothing"')]);
    const taken = await w.mvm([...kept, path('id'), 'linux', 'true']);
    expect([taken.code, taken.stderr]).toEqual([125, expect.stringContaining('is there already')]);
    expect([await w.machines(), w.engines(), existsSync(path('none'))]).toEqual([[], [], false]);
  });
});
