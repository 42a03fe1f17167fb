/** Ports of real guests, reached from this host as any program reaches them. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PublishedPort } from '../../vmm/contract/types.ts';
import { findArtifacts } from '../../vmm/service/artifacts.ts';
import { compileForGuest } from '../guest-program.ts';
import { eventually, type World, world } from '../world.ts';

const hasGo = spawnSync('go', ['version']).status === 0;
const why = hasGo ? '' : ' (skipped: Go is not installed)';
const MEBIBYTE = 1024 ** 2;

describe.skipIf(!hasGo)(`a published port${why}`, () => {
  let folder = '';
  let echo: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mvm-echo-'));
    echo = await compileForGuest(join(import.meta.dirname, 'echo'), folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A machine whose port 7 echoes, with what `publish` asks for. */
  async function echoing(w: World, name: string, ...publish: string[]): Promise<PublishedPort[]> {
    const script = 'while [ ! -x /echo ]; do sleep 0.05; done; exec /echo 7';
    const options = publish.flatMap((port) => ['-p', port]);
    expect(await w.mvm(['run', '-d', '--name', name, ...options, 'linux', 'sh', '-c', script])).toMatchObject({
      code: 0,
    });
    const put = 'cat > /echo.new && chmod +x /echo.new && mv /echo.new /echo';
    expect(await w.mvm(['exec', '-i', name, 'sh', '-c', put], echo)).toMatchObject({ code: 0 });
    await eventually(async () => (await w.mvm(['logs', name])).stdout === 'ready\n', 'the echo');
    return portsOf(w, name);
  }

  it('carries megabytes both ways at once, and each direction ends by itself', async () => {
    const w = world();
    const [port] = await echoing(w, 'echo', '7');
    const sent = randomBytes(6 * MEBIBYTE);
    const client = dial(port);
    client.end(sent);
    expect((await buffer(client)).equals(sent)).toBe(true);
  });

  it('holds many connections at once', async () => {
    const w = world();
    const [port] = await echoing(w, 'echo', '7');
    const clients: Socket[] = [];
    for (let index = 0; index < 40; index++) {
      const client = dial(port);
      client.write('a');
      await once(client, 'readable');
      clients.push(client);
    }
    for (const [index, client] of clients.entries()) client.end(String(index));
    const answers = await Promise.all(clients.map(buffer));
    expect(answers.map(String)).toEqual(clients.map((_, index) => `a${index}`));
  });

  it.each(['7/udp', '[::1]::7/udp'])('carries datagrams: %s', async (publish) => {
    const w = world();
    const [port] = await echoing(w, 'echo', publish);
    const datagrams = ['a', randomBytes(1400).toString('hex').slice(0, 1400), 'z'];
    for (const datagram of datagrams) expect(await ask(port, datagram)).toBe(datagram);
  });

  it('on an IPv6 address carries TCP too', async () => {
    const w = world();
    const [port] = await echoing(w, 'echo', '[::1]::7');
    expect(port).toMatchObject({ hostAddress: '::1', guestPort: 7 });
    const sent = randomBytes(MEBIBYTE);
    const client = dial(port);
    client.end(sent);
    expect((await buffer(client)).equals(sent)).toBe(true);
  });

  it('and what passes through it outlive a service that is killed; on IPv6 the port comes back', async () => {
    const w = world();
    const [port, port6] = await echoing(w, 'echo', '7', '[::1]::7');
    const [client, sent] = [dial(port), randomBytes(4 * MEBIBYTE)];
    client.write(sent.subarray(0, MEBIBYTE));
    await once(client, 'readable');
    await w.killService();
    client.end(sent.subarray(MEBIBYTE));
    expect((await buffer(client)).equals(sent)).toBe(true);
    expect(await talk(port)).toBe('hello');
    expect(await portsOf(w, 'echo')).toEqual([port, port6]);
    expect(await eventually(() => talk(port6).catch(() => undefined), 'the port on IPv6')).toBe('hello');
  });

  it('is closed when its machine ends', async () => {
    const w = world();
    const [port, port6] = await echoing(w, 'echo', '7', '[::1]::7');
    await w.mvm(['rm', '--force', 'echo']);
    for (const each of [port, port6]) await expect(talk(each)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('mvm run --publish', () => {
  it("shows the guest's web server to this host", async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', '-p', '80', 'linux', 'httpd', '-f', '-h', '/etc']);
    const { stdout } = await w.mvm(['port', 'web', '80']);
    expect(stdout).toMatch(/^127\.0\.0\.1:\d+\n$/);
    const hostname = await eventually(() => fetchText(`http://${stdout.trim()}/hostname`), 'the web server');
    expect((await w.mvm(['exec', 'web', 'hostname'])).stdout).toBe(hostname);
  });

  it('listens on the loopback alone until told otherwise, and tells what it chose', async () => {
    const w = world();
    await w.mvm([
      'run',
      '-d',
      '--name',
      'web',
      '-p',
      '80',
      '-p',
      '0.0.0.0::80-81',
      '-p',
      '53/udp',
      'linux',
      'sleep',
      '600',
    ]);
    const ports = await portsOf(w, 'web');
    expect(ports.map(({ hostAddress, guestPort, protocol }) => [hostAddress, guestPort, protocol])).toEqual([
      ['127.0.0.1', 80, 'tcp'],
      ['0.0.0.0', 80, 'tcp'],
      ['0.0.0.0', 81, 'tcp'],
      ['127.0.0.1', 53, 'udp'],
    ]);
    const [a, b, c, d] = ports.map(({ hostPort }) => hostPort);
    expect((await w.mvm(['port', 'web'])).stdout).toBe(
      `80/tcp -> 127.0.0.1:${a}\n80/tcp -> 0.0.0.0:${b}\n81/tcp -> 0.0.0.0:${c}\n53/udp -> 127.0.0.1:${d}\n`,
    );
    expect((await w.mvm(['port', 'web', '53/udp'])).stdout).toBe(`127.0.0.1:${d}\n`);
    expect(await w.mvm(['port', 'web', '53'])).toMatchObject({ code: 125, stdout: '' });
    expect((await w.mvm(['ps'])).stdout).toContain(`127.0.0.1:${a}->80/tcp`);
  });

  it('refuses a port of another program before anything boots, and names who has it', async () => {
    const w = world();
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const run = await w.mvm(['run', '--name', 'web', '-p', `${port}:80`, 'linux', 'true']);
    expect(run.code).toBe(125);
    expect(run.stderr).toContain(`port 127.0.0.1:${port}/tcp is taken: `);
    expect(run.stderr).toContain(`(process ${process.pid}) listens there`);
    const [machine] = JSON.parse((await w.mvm(['inspect', 'web'])).stdout);
    expect(machine).toMatchObject({ state: { name: 'failed', error: { code: 'port.taken' } } });
    expect(machine.timeline.engineStarted).toBeUndefined();
  });

  it('listens on another one when what it chose is taken before its engine listens', async () => {
    const engine = heldEngine();
    const w = world({ env: { MVM_QEMU: engine.path } });
    const run = w.mvm(['run', '-d', '--name', 'web', '-p', '80', '-p', '53/udp', 'linux', 'sleep', '600']);
    const chosen = await eventually(() => engine.chosen(), 'the engine to start');
    const server = createServer().listen(chosen, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    engine.goOn();
    expect(await run).toMatchObject({ code: 0, stderr: '' });
    const [port] = await portsOf(w, 'web');
    expect(port?.hostPort).not.toBe(chosen);
    expect((await w.mvm(['port', 'web', '80'])).stdout).toBe(`127.0.0.1:${port?.hostPort}\n`);
    expect(w.engines()).toHaveLength(1);
  });

  it('refuses a port of another machine, until that machine ends', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'first', '-p', '80', 'linux', 'sleep', '600']);
    const [port] = await portsOf(w, 'first');
    const publish = ['-p', `${port?.hostPort}:80`];
    const second = await w.mvm(['run', ...publish, 'linux', 'true']);
    expect(second.stderr).toContain('is taken: machine first publishes it');
    await w.killService();
    const third = await w.mvm(['run', ...publish, 'linux', 'true']);
    expect(third.stderr).toContain('is taken: machine first publishes it');
    await w.mvm(['kill', 'first']);
    expect(await w.mvm(['run', ...publish, 'linux', 'true'])).toMatchObject({ code: 0 });
  });

  it('is the same port when a kept machine starts again, and shown by nobody while it does not run', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', '-p', '80', 'linux', 'httpd', '-f', '-h', '/etc']);
    const { stdout } = await w.mvm(['port', 'web', '80']);
    await w.mvm(['stop', '-t', '1', 'web']);
    expect(await w.mvm(['port', 'web'])).toMatchObject({ code: 0, stdout: '' });
    expect((await w.mvm(['ps', '--all'])).stdout).not.toContain('->80/tcp');
    await w.mvm(['start', 'web']);
    expect((await w.mvm(['port', 'web', '80'])).stdout).toBe(stdout);
    expect(await eventually(() => fetchText(`http://${stdout.trim()}/hostname`), 'the web server')).toBeTruthy();
  });

  it('is refused with --net none, which leaves a guest no way out or in', async () => {
    const w = world();
    const refused = await w.mvm(['run', '--net', 'none', '-p', '80', 'linux', 'true']);
    expect(refused).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('without a network publishes no ports'),
    });
    const interfaces = await w.mvm(['run', '--net', 'none', 'linux', 'ip', '-o', '-4', 'addr']);
    expect(
      interfaces.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/)[1]),
    ).toEqual(['lo']);
    const out = await w.mvm(['run', '--net', 'none', 'linux', 'nc', '-w', '2', '10.0.2.2', '1']);
    expect(out.code).not.toBe(0);
    expect(out.stderr).toContain('Network is unreachable');
  });
});

/** An engine that does not listen on the TCP port that was chosen for it before it is told to. */
function heldEngine(): { path: string; chosen(): number | undefined; goOn(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'mvm-held-'));
  const [path, listens, goes] = ['engine', 'listens', 'goes'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const real = findArtifacts(process.env).engine ?? 'qemu-system-x86_64';
  const script = `#!/bin/sh
port=$(echo "$*" | sed -n 's/.*hostfwd=tcp:127.0.0.1:\\([0-9]*\\)-.*/\\1/p')
[ -z "$port" ] || [ -e ${listens} ] || echo "$port" > ${listens}
while [ -n "$port" ] && [ ! -e ${goes} ]; do sleep 0.05; done
exec ${real} "$@"
`;
  writeFileSync(path, script, { mode: 0o755 });
  return {
    path,
    chosen: () => (existsSync(listens) && Number(readFileSync(listens, 'utf8'))) || undefined,
    goOn: () => writeFileSync(goes, ''),
  };
}

async function portsOf(w: World, name: string): Promise<PublishedPort[]> {
  const [machine] = JSON.parse((await w.mvm(['inspect', name])).stdout);
  return machine.ports;
}

function dial(port: PublishedPort | undefined): Socket {
  return connect({ host: port?.hostAddress ?? '', port: port?.hostPort ?? 0, allowHalfOpen: true });
}

async function talk(port: PublishedPort | undefined): Promise<string> {
  const client = dial(port);
  client.end('hello');
  return String(await buffer(client));
}

/** A datagram may be lost, so it is sent until one comes back. */
async function ask(port: PublishedPort | undefined, datagram: string): Promise<string> {
  const { hostAddress = '', hostPort = 0 } = port ?? {};
  const socket = createSocket(hostAddress.includes(':') ? 'udp6' : 'udp4');
  try {
    let answer: string | undefined;
    socket.on('message', (message) => {
      answer = String(message);
    });
    return await eventually(() => {
      socket.send(datagram, hostPort, hostAddress);
      return answer;
    }, 'an answer to a datagram');
  } finally {
    socket.close();
  }
}

/** undefined while nobody answers. */
async function fetchText(url: string): Promise<string | undefined> {
  const answer = await fetch(url).catch(() => undefined);
  return answer?.ok ? answer.text() : undefined;
}
