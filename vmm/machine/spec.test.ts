import { describe, expect, it } from 'vitest';
import { completeRun } from '../contract/run-defaults.ts';
import type { Image, RunRequest } from '../contract/types.ts';
import { DEFAULTS, specify, specifyExec } from './spec.ts';

const image: Image = {
  reference: 'web',
  digest: 'sha256:1',
  platform: { os: 'linux', architecture: 'amd64' },
  config: {
    entrypoint: ['/entry'],
    cmd: ['serve'],
    env: ['A=image', 'B=image'],
    workingDir: '/srv',
    user: 'www',
    labels: {},
    exposedPorts: [],
    stopSignal: 'SIGQUIT',
  },
  bytes: 0,
  diskBytes: null,
  created: 0,
  builtin: false,
};

const request: RunRequest = { ...completeRun({ image: 'web', command: [] }), id: null, size: null };

const spec = (change: Partial<RunRequest> = {}, of: Image = image) =>
  specify({ ...request, ...change }, of, '0123456789abcdef0123456789abcdef', DEFAULTS);

describe('what is run', () => {
  it.each([
    [{}, ['/entry', 'serve']],
    [{ command: ['x', 'y'] }, ['/entry', 'x', 'y']],
    [{ entrypoint: '/other' }, ['/other']],
    [{ entrypoint: '/other', command: ['x'] }, ['/other', 'x']],
    [{ entrypoint: '', command: ['x'] }, ['x']],
  ])('%j gives %j, as docker run does', (change, argv) => {
    expect(spec(change).process.argv).toEqual(argv);
  });

  it('publishes nothing where there is no network, and nothing twice', () => {
    const port = { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80 } as const;
    expect(spec({ ports: [port, { ...port, protocol: 'udp' }] }).ports).toHaveLength(2);
    expect(
      spec({
        ports: [
          { ...port, hostPort: 0 },
          { ...port, hostPort: 0 },
        ],
      }).ports,
    ).toHaveLength(2);
    expect(() => spec({ network: 'none', ports: [port] })).toThrow('without a network');
    expect(() => spec({ ports: [port, { ...port, guestPort: 81 }] })).toThrow('127.0.0.1:8080/tcp is asked for twice');
  });

  it('publishes with -P what the image and the request expose, but not again what is published by name', () => {
    const web = { ...image, config: { ...image.config, exposedPorts: ['80/tcp', '81', '9/sctp', '53/udp'] } };
    const port = { protocol: 'tcp', hostAddress: '0.0.0.0', hostPort: 8080, guestPort: 80 } as const;
    const wish = { ports: [port], expose: ['81-82', '53/udp'] };
    expect(spec(wish, web).ports).toEqual([port]);
    const published = spec({ ...wish, publishAll: true }, web).ports;
    expect(published[0]).toEqual(port);
    const rest = published.slice(1).map(({ guestPort, protocol, hostPort }) => `${guestPort}/${protocol} ${hostPort}`);
    expect(rest).toEqual(['81/tcp 0', '82/tcp 0', '53/udp 0']);
    expect(() => spec({ publishAll: true, network: 'none' }, web)).toThrow('without a network');
    expect(() => spec({ expose: ['http'] })).toThrow("'http' is no port");
  });

  it('asks the name servers that are given, where there is a network', () => {
    const dns = { servers: ['9.9.9.9', '2620:fe::fe'], search: ['.'], options: ['ndots:2'] };
    expect(spec({ dns }).dns).toEqual({ ...dns, search: [] });
    expect(() => spec({ dns, network: 'none' })).toThrow('asks no name server');
    expect(() => spec({ dns: { ...dns, servers: ['dns.example'] } })).toThrow("'dns.example' is no address");
    expect(() => spec({ dns: { ...dns, search: ['a b'] } })).toThrow("--dns-search: 'a b' cannot stand");
    expect(() => spec({ dns: { ...dns, options: [''] } })).toThrow("--dns-option: '' cannot stand");
  });

  it.each(['', 'kernel', 'a..b', '../net.x', 'a/../b', 'a.b c'])('has no setting of the kernel called %j', (name) => {
    expect(() => spec({ sysctls: { [name]: '1' } })).toThrow('cannot be a setting');
    expect(spec({ sysctls: { 'net.ipv4.conf.eth0/1.x': '1' } }).sysctls).toEqual({ 'net.ipv4.conf.eth0/1.x': '1' });
  });

  it('is limited as setrlimit has it', () => {
    const nofile = { name: 'nofile', soft: 5, hard: -1 };
    expect(spec({ ulimits: [nofile] }).process.ulimits).toEqual([nofile]);
    expect(() => spec({ ulimits: [{ ...nofile, name: 'nofiles' }] })).toThrow("no limit 'nofiles'");
    expect(() => spec({ ulimits: [{ ...nofile, hard: 4 }] })).toThrow('--ulimit nofile=5:4: the soft limit is above');
    expect(() => spec({ ulimits: [{ ...nofile, soft: -1, hard: 4 }] })).toThrow('above the hard one');
  });

  it('joins no group without a name', () => {
    expect(spec({ groups: ['12', 'audio'] }).process.groups).toEqual(['12', 'audio']);
    expect(() => spec({ groups: [''] })).toThrow("--group-add: '' names no group");
  });

  it('is refused when neither image nor request names a program', () => {
    expect(() => spec({ entrypoint: '' })).toThrow('names no program');
  });

  it('takes variables from the image, then from the request, each once', () => {
    const { env } = spec({ env: ['B=request', 'C=request'] }).process;
    expect(env.filter((pair) => /^[ABC]=/.test(pair))).toEqual(['A=image', 'B=request', 'C=request']);
    expect(env.some((pair) => pair.startsWith('PATH='))).toBe(true);
    expect(env).toContain('HOSTNAME=0123456789ab');
  });

  it('takes folder, user and stop signal from the image unless the request says otherwise', () => {
    expect(spec()).toMatchObject({ process: { cwd: '/srv', user: 'www' }, stopSignal: 'SIGQUIT' });
    expect(spec({ cwd: '/', user: 'root' }).process).toMatchObject({ cwd: '/', user: 'root' });
    expect(spec({ stopSignal: 'hup', stopGraceMs: 5 })).toMatchObject({ stopSignal: 'SIGHUP', stopGraceMs: 5 });
    expect(() => spec({ stopSignal: 'SIGHUB' })).toThrow("no signal 'SIGHUB'");
  });

  it('is refused for another platform than the image has', () => {
    for (const platform of ['linux/amd64', 'linux', 'amd64', 'LINUX/x86_64', 'linux/amd64/v2'])
      expect(spec({ platform }).image).toBe('web');
    for (const platform of ['linux/arm64', 'windows/amd64', 'arm64', ''])
      expect(() => spec({ platform })).toThrow('is for linux/amd64');
  });

  it.each([
    [null, 'SIGTERM'],
    ['15', 'SIGTERM'],
    ['usr1', 'SIGUSR1'],
    ['SIGRTMIN+3', 'SIGRTMIN+3'],
    ['37', 'SIGRTMIN+3'],
    ['rtmax-14', 'SIGRTMAX-14'],
    ['SIGRTMIN+31', 'SIGRTMIN+31'],
  ])('stops as the image says, by whatever name: %j', (stopSignal, name) => {
    expect(spec({}, { ...image, config: { ...image.config, stopSignal } }).stopSignal).toBe(name);
  });

  it('is kept when it is named or detached, unless it is to be removed', () => {
    expect(spec().ephemeral).toBe(true);
    expect(spec({ name: 'x' }).ephemeral).toBe(false);
    expect(spec({ detach: true }).ephemeral).toBe(false);
    expect(spec({ detach: true, remove: true }).ephemeral).toBe(true);
  });

  it('gets whole vCPUs, and a share of their time for a fraction', () => {
    expect(spec({ cpus: 2 })).toMatchObject({ vcpus: 2, cpuMillis: null });
    expect(spec({ cpus: 1.5 })).toMatchObject({ vcpus: 2, cpuMillis: 1500 });
    expect(() => spec({ cpus: 0 })).toThrow('out of range');
    expect(() => spec({ cpus: 33 })).toThrow('out of range');
  });
});

describe('a further program', () => {
  it('inherits variables, folder and user of the machine', () => {
    const machine = spec({ env: ['C=machine'], groups: ['12'] });
    const exec = {
      id: null,
      command: ['ps'],
      env: ['D=exec'],
      cwd: null,
      user: null,
      tty: false,
      stdin: false,
      size: null,
      detach: false,
    };
    expect(specifyExec(exec, machine)).toMatchObject({ argv: ['ps'], cwd: '/srv', user: 'www', groups: ['12'] });
    expect(specifyExec({ ...exec, user: 'root' }, machine)).toMatchObject({ user: 'root', groups: [] });
    expect(specifyExec(exec, machine).env).toEqual(expect.arrayContaining(['C=machine', 'D=exec', 'A=image']));
  });
});
