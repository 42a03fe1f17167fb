/**
 * Carries an IPv6 address's port to the IPv4 one on which the engine listens: QEMU's user network takes IPv4 alone
 * (slirp_hostfwd in its net/slirp.c). It is the service's, so what passes through ends with the service; the next one
 * opens it again.
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { PublishedPort } from '../contract/types.ts';

export interface PortRelay {
  close(): void;
}

/** Resolves when it listens. */
export function relayPort(from: PublishedPort, to: PublishedPort): Promise<PortRelay> {
  return from.protocol === 'tcp' ? relayTcp(from, to) : relayUdp(from, to);
}

async function relayTcp(from: PublishedPort, to: PublishedPort): Promise<PortRelay> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const guest = connect({ host: to.hostAddress, port: to.hostPort, allowHalfOpen: true });
    join(client, guest);
    join(guest, client);
    for (const socket of [client, guest]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    }
  });
  server.listen({ host: from.hostAddress, port: from.hostPort, ipv6Only: true });
  await once(server, 'listening');
  return {
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** `pipe` passes on the end of a direction; a broken one breaks both. */
function join(socket: Socket, other: Socket): void {
  socket.pipe(other);
  socket.on('error', () => other.resetAndDestroy());
}

/** How long a client of a UDP port is remembered after its last datagram, ms: what libslirp gives one (so_expire). */
const REMEMBERED_MS = 240_000;
/** The longest silent one is forgotten when more than so many are there. */
const MOST_CLIENTS = 512;

/** A socket for each client, so that the guest's answers find their way back. */
async function relayUdp(from: PublishedPort, to: PublishedPort): Promise<PortRelay> {
  const clients = new Map<string, { socket: UdpSocket; forget: NodeJS.Timeout }>();
  const server = createSocket({ type: 'udp6', ipv6Only: true });
  const forget = (key: string): void => {
    const client = clients.get(key);
    clients.delete(key);
    clearTimeout(client?.forget);
    client?.socket.close();
  };
  const clientOf = (peer: RemoteInfo): UdpSocket => {
    const key = `${peer.address} ${peer.port}`;
    const known = clients.get(key);
    clearTimeout(known?.forget);
    const socket = known?.socket ?? createSocket('udp4');
    if (!known) {
      // A datagram that finds nobody is lost, as datagrams are.
      socket.on('error', () => undefined);
      socket.on('message', (answer) => server.send(answer, peer.port, peer.address));
    }
    clients.delete(key);
    clients.set(key, { socket, forget: setTimeout(() => forget(key), REMEMBERED_MS) });
    const [silent] = clients.keys();
    if (clients.size > MOST_CLIENTS && silent !== undefined) forget(silent);
    return socket;
  };
  server.on('message', (datagram, peer) => clientOf(peer).send(datagram, to.hostPort, to.hostAddress));
  server.bind({ address: from.hostAddress, port: from.hostPort });
  await once(server, 'listening');
  server.on('error', () => undefined);
  return {
    close() {
      server.close();
      for (const key of [...clients.keys()]) forget(key);
    },
  };
}
