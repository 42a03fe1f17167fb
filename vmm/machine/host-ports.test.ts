import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { PortSpec } from '../contract/types.ts';
import { HostPorts } from './host-ports.ts';

const web = { id: 'a'.repeat(32), name: 'web' };
const other = { id: 'b'.repeat(32), name: 'other' };
const any: PortSpec = { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 0, guestPort: 80 };

async function listening(host = '127.0.0.1'): Promise<number> {
  const server: Server = createServer().listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const portsOf = async (claimed: Promise<PortSpec[]>): Promise<number[]> =>
  (await claimed).map(({ hostPort }) => hostPort);

test('any free port is a real one, and another one each time', async () => {
  const ports = new HostPorts();
  const asked = [any, any, { ...any, protocol: 'udp' } as const, { ...any, hostAddress: '::1' }];
  const claimed = await portsOf(ports.claim(web, asked, []));
  expect(claimed.every((port) => port > 0)).toBe(true);
  expect(claimed[0]).not.toBe(claimed[1]);
});

test('the earlier port is chosen again, unless it is taken by now', async () => {
  const ports = new HostPorts();
  const first = await ports.claim(web, [any], []);
  ports.release(web.id);
  expect(await ports.claim(web, [any], first)).toEqual(first);
  ports.release(web.id);
  const earlier = [{ ...any, hostPort: await listening() }];
  expect(await portsOf(ports.claim(web, [any], earlier))).not.toEqual(await portsOf(Promise.resolve(earlier)));
});

test('a port of another program is refused with its name', async () => {
  const hostPort = await listening();
  const claimed = new HostPorts().claim(web, [{ ...any, hostPort }], []);
  await expect(claimed).rejects.toMatchObject({
    code: 'port.taken',
    message: expect.stringMatching(
      new RegExp(`^port 127.0.0.1:${hostPort}/tcp is taken: \\S.* \\(process ${process.pid}\\)`),
    ),
  });
});

test('a port that another program has on every address is taken', async () => {
  const hostPort = await listening('0.0.0.0');
  await expect(new HostPorts().claim(web, [{ ...any, hostPort }], [])).rejects.toMatchObject({ code: 'port.taken' });
});

test('a UDP port is taken although its socket lets others join', async () => {
  const socket = createSocket({ type: 'udp4', reuseAddr: true }).bind(0, '127.0.0.1');
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  const port = { ...any, protocol: 'udp' as const, hostPort: socket.address().port };
  await expect(new HostPorts().claim(web, [port], [])).rejects.toMatchObject({ code: 'port.taken' });
});

test('a port of another machine is refused with its name, from the claim to the release', async () => {
  const ports = new HostPorts();
  const [mine] = (await ports.claim(web, [any], [])) as [PortSpec];
  await expect(ports.claim(other, [mine], [])).rejects.toMatchObject({
    code: 'port.taken',
    message: `port 127.0.0.1:${mine.hostPort}/tcp is taken: machine web publishes it`,
  });
  ports.release(web.id);
  expect(await ports.claim(other, [mine], [])).toEqual([mine]);
});

test('of two that claim one port at once only one gets it', async () => {
  const ports = new HostPorts();
  const [free] = (await ports.claim(web, [any], [])) as [PortSpec];
  ports.release(web.id);
  const results = await Promise.allSettled([ports.claim(web, [free], []), ports.claim(other, [free], [])]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test('a refused port leaves none of the others claimed', async () => {
  const ports = new HostPorts();
  const [free] = (await ports.claim(web, [any], [])) as [PortSpec];
  ports.release(web.id);
  const taken = { ...any, hostPort: await listening() };
  await expect(ports.claim(web, [free, taken], [])).rejects.toMatchObject({ code: 'port.taken' });
  expect(await ports.claim(other, [free], [])).toEqual([free]);
});

test('an address that this host does not have is told', async () => {
  const claimed = new HostPorts().claim(web, [{ ...any, hostAddress: '192.0.2.1' }], []);
  await expect(claimed).rejects.toMatchObject({ code: 'port.address', message: 'this host has no address 192.0.2.1' });
});

/** Linux lets a host give some away: /proc/sys/net/ipv4/ip_unprivileged_port_start. */
test('a port that needs root is refused with what to do', ({ skip }) => {
  const script = `
    const { HostPorts } = await import(${JSON.stringify(new URL('./host-ports.ts', import.meta.url).href)});
    if (process.getuid() === 0) process.setuid(65534);
    const port = ${JSON.stringify({ ...any, hostPort: 81 })};
    await new HostPorts().claim(${JSON.stringify(web)}, [port], []).then(
      () => console.log('allowed'),
      (error) => console.log(error.code, '-', error.message, '-', error.hint));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  if (stdout === 'allowed\n') skip('every user of this host may listen on port 81');
  expect({ stdout, stderr }).toEqual({
    stdout:
      'port.forbidden - this user may not listen on port 81 - ' +
      'Ports below 1024 are for root on most hosts: publish on a higher one.\n',
    stderr: '',
  });
});
