import { describe, expect, it } from 'vitest';
import type { Image, Machine, MachineState } from '../../contract/types.ts';
import { formatted } from '../format.ts';
import { binarySize, humanDuration, humanSize } from './amounts.ts';
import { imageLines } from './image-row.ts';
import { machineLines } from './machine-row.ts';
import { machineView } from './machine-view.ts';
import { statusText } from './state.ts';
import { statsLines } from './stats-row.ts';

const NOW = Date.UTC(2026, 10, 26, 2, 39, 19);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const machine: Machine = {
  id: '0123456789abcdef0123456789abcdef',
  name: 'web',
  spec: {
    image: 'alpine:3.20',
    imageDigest: 'sha256:abc',
    vcpus: 1,
    cpuMillis: 500,
    memoryBytes: 2 ** 29,
    network: 'user',
    ports: [{ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 0, guestPort: 80 }],
    hostname: 'web',
    extraHosts: [{ name: 'db', address: '10.0.0.2' }],
    readOnlyRoot: true,
    tmpfs: [{ path: '/run', options: ['size=1m'] }],
    labels: { tier: 'front', app: 'shop' },
    process: {
      argv: ['sh', '-c', 'echo hello to the world'],
      env: ['A=1'],
      cwd: '/',
      user: '',
      tty: false,
      stdin: false,
      size: null,
      ulimits: [{ name: 'nofile', soft: 64, hard: -1 }],
      groups: [],
    },
    ephemeral: false,
    timeoutMs: null,
    shmBytes: null,
    dns: { servers: [], search: [], options: [] },
    sysctls: {},
    init: false,
    stopSignal: 'SIGTERM',
    stopGraceMs: null,
  },
  state: { name: 'running', since: NOW - 3 * MINUTE },
  created: NOW - 2 * HOUR,
  revision: 1,
  timeline: { requestedAt: NOW - 3 * MINUTE, programStarted: 500 },
  ports: [{ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80 }],
};

const image: Image = {
  reference: 'localhost:5000/team/app:1.2',
  digest: `sha256:${'ab'.repeat(32)}`,
  platform: { os: 'linux', architecture: 'amd64' },
  config: {
    entrypoint: [],
    cmd: ['sh'],
    env: [],
    workingDir: '',
    user: '',
    labels: { a: 'b' },
    exposedPorts: [],
    stopSignal: null,
  },
  bytes: 2_154_321,
  diskBytes: null,
  created: NOW - 5 * DAY,
  builtin: false,
};

const ps = (format: string, shown = machine) =>
  machineLines(format, [shown], { whole: false, now: NOW }, Number.POSITIVE_INFINITY);

describe('docker’s templates', () => {
  it.each([
    ['{{.ID}} {{.Names}} {{.Image}} {{.State}} {{.Status}}', '0123456789ab web alpine:3.20 running Up 3 minutes'],
    ['{{.Command}} {{.RunningFor}} {{.CreatedAt}}', '"sh -c echo hello to…" 2 hours ago 2026-11-26 00:39:19 +0000 UTC'],
    ['{{.Ports}}|{{.Labels}}|{{.Label "tier"}}', '127.0.0.1:8080->80/tcp|app=shop,tier=front|front'],
    ['a\\tb{{"\\t"}}c', 'a\tb\tc'],
  ])('know a machine: %s', (format, line) => {
    expect(ps(format)).toEqual([line]);
  });

  it('make tables with titles, and JSON of every field', () => {
    expect(ps('table {{.ID}}\\t{{upper .Names}}\\t{{.Label "tier"}}')).toEqual([
      'CONTAINER ID   NAMES   tier',
      '0123456789ab   WEB     front',
    ]);
    expect(JSON.parse(ps('json')?.[0] ?? '')).toMatchObject({ Names: 'web', State: 'running' });
    expect(ps('table')).toBeNull();
  });

  it('know an image, whose registry has a port', () => {
    const lines = imageLines(
      '{{.Repository}} {{.Tag}} {{.ID}} {{.Size}} {{.CreatedSince}}',
      [image],
      { whole: false, now: NOW },
      80,
    );
    expect(lines).toEqual(['localhost:5000/team/app 1.2 abababababab 2.15MB 5 days ago']);
    const named = (reference: string | null) =>
      imageLines('{{.Repository}}:{{.Tag}}', [{ ...image, reference }], { whole: false, now: NOW }, 80);
    expect([named('localhost:5000/app'), named(null)]).toEqual([['localhost:5000/app:latest'], ['<none>:<none>']]);
  });

  it('know a reading', () => {
    const stats = {
      machine: machine.id,
      name: 'web',
      at: NOW,
      cpuMs: 1,
      memoryBytes: 8_000_000,
      memoryLimitBytes: 2 ** 29,
      diskBytes: null,
      guest: null,
    };
    expect(
      statsLines('{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.MemPerc}} {{.PIDs}}', [{ stats, cpu: 0.0123 }], 80),
    ).toEqual(['web 1.23% 7.629MiB / 512MiB 1.49% --']);
  });
});

describe('inspect’s templates', () => {
  const inspected = (format: string, state: MachineState = machine.state) =>
    formatted(format, [machineView({ ...machine, state })], {}, 80)?.[0];

  it.each([
    ['{{.State.Status}} {{.State.Running}} {{.State.ExitCode}}', 'running true 0'],
    ['{{.Name}} {{.Id}} {{.Path}} {{index .Args 0}}', '/web 0123456789abcdef0123456789abcdef sh -c'],
    ['{{.Config.Image}} {{.Config.Labels.tier}} {{join .Config.Env ","}}', 'alpine:3.20 front A=1'],
    ['{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.ReadonlyRootfs}}', '536870912 500000000 true'],
    ['{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}', '8080'],
    ['{{range $port, $to := .NetworkSettings.Ports}}{{$port}}={{(index $to 0).HostIp}}{{end}}', '80/tcp=127.0.0.1'],
    ['{{.State.StartedAt}} {{.State.FinishedAt}}', '2026-11-26T02:36:19.500Z 0001-01-01T00:00:00Z'],
  ])('find docker’s fields: %s', (format, line) => {
    expect(inspected(format)).toBe(line);
  });

  it('find ours by our names, which alone are in the JSON of the whole', () => {
    expect(inspected('{{.state.name}} {{.spec.image}} {{.name}}')).toBe('running alpine:3.20 web');
    expect(JSON.parse(inspected('{{json .}}') ?? '')).toEqual(machine);
  });

  it('tell how it ended', () => {
    const exit = { code: 3, signal: null, at: NOW };
    expect(inspected('{{.State.Status}} {{.State.ExitCode}} {{.State.FinishedAt}}', { name: 'stopped', exit })).toBe(
      'exited 3 2026-11-26T02:39:19.000Z',
    );
  });
});

describe('docker’s words', () => {
  it.each<[MachineState, string]>([
    [{ name: 'starting', step: 'kernel' }, 'Created'],
    [{ name: 'paused', since: NOW - HOUR, where: 'memory' }, 'Up About an hour (Paused)'],
    [{ name: 'stopped', exit: { code: 137, signal: 'SIGKILL', at: NOW - 2 * DAY } }, 'Exited (137) 2 days ago'],
    [{ name: 'failed', error: { code: 'x', message: 'y' }, at: NOW }, 'Dead'],
  ])('for %j', (state, text) => {
    expect(statusText(state, NOW)).toBe(text);
  });

  it('for times and sizes', () => {
    const times = [
      400,
      1000,
      59_000,
      61_000,
      59 * MINUTE,
      90 * MINUTE,
      47 * HOUR,
      3 * DAY,
      15 * DAY,
      70 * DAY,
      800 * DAY,
    ];
    expect(times.map(humanDuration)).toEqual([
      ...['Less than a second', '1 second', '59 seconds', 'About a minute', '59 minutes', '2 hours', '47 hours'],
      ...['3 days', '2 weeks', '2 months', '2 years'],
    ]);
    expect([0, 999, 1000, 123_456, 2_154_321, 7.5e9].map(humanSize)).toEqual([
      '0B',
      '999B',
      '1kB',
      '123kB',
      '2.15MB',
      '7.5GB',
    ]);
    expect([1023, 1024, 8_000_000].map(binarySize)).toEqual(['1023B', '1KiB', '7.629MiB']);
  });
});
