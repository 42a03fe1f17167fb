import { randomBytes } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { PortProtocol, PublishedPort } from '../contract/types.ts';
import { type PortRelay, relayPort } from './port-relay.ts';

async function tcpGuest(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, serve).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function relayTo(protocol: PortProtocol, guestSide: number): Promise<{ port: number; relay: PortRelay }> {
  const inner: PublishedPort = { protocol, hostAddress: '127.0.0.1', hostPort: guestSide, guestPort: 80 };
  const port = await freePort(protocol);
  const relay = await relayPort({ ...inner, hostAddress: '::1', hostPort: port }, inner);
  onTestFinished(() => relay.close());
  return { port, relay };
}

async function freePort(protocol: PortProtocol): Promise<number> {
  if (protocol === 'udp') {
    const socket = await udpSocket('::1');
    const { port } = socket.address();
    await new Promise<void>((resolve) => socket.close(resolve));
    return port;
  }
  const server = createServer().listen(0, '::1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function udpSocket(address: string): Promise<UdpSocket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(0, address);
  await once(socket, 'listening');
  return socket;
}

test('carries every byte both ways, and each direction ends by itself', async () => {
  const sent = randomBytes(3 * 1024 * 1024);
  const guest = await tcpGuest(async (socket) => socket.end(await buffer(socket)));
  const { port } = await relayTo('tcp', guest);
  const client = connect({ host: '::1', port, allowHalfOpen: true });
  client.end(sent);
  expect((await buffer(client)).equals(sent)).toBe(true);
});

test('a connection that the guest breaks is broken, not ended', async () => {
  const guest = await tcpGuest((socket) => socket.resetAndDestroy());
  const { port } = await relayTo('tcp', guest);
  const [error] = await once(connect({ host: '::1', port }).resume(), 'error').catch((thrown) => [thrown]);
  expect(error).toMatchObject({ code: 'ECONNRESET' });
});

test('answers of UDP find their way to who asked', async () => {
  const guest = await udpSocket('127.0.0.1');
  onTestFinished(() => void guest.close());
  guest.on('message', (datagram, from) => guest.send(datagram, from.port, from.address));
  const { port } = await relayTo('udp', guest.address().port);
  const clients = await Promise.all(Array.from({ length: 5 }, () => udpSocket('::1')));
  for (const [index, client] of clients.entries()) {
    onTestFinished(() => void client.close());
    client.send(`datagram ${index}`, port, '::1');
  }
  const answers = await Promise.all(clients.map((client) => once(client, 'message')));
  expect(answers.map(([datagram]) => String(datagram))).toEqual(clients.map((_, index) => `datagram ${index}`));
});

test('lets go of the port when it is closed, with clients connected', async () => {
  const guest = await tcpGuest((socket) => socket.resume());
  const { port, relay } = await relayTo('tcp', guest);
  const client = connect({ host: '::1', port });
  await once(client, 'connect');
  relay.close();
  await once(
    client.on('error', () => undefined),
    'close',
  );
  const again = createServer().listen(port, '::1');
  await once(again, 'listening');
  again.close();
});
