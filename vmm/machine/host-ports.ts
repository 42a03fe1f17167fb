/**
 * The ports that machines publish on this host. A machine's are chosen, and tried, before its engine starts, so that a
 * port that is taken is told before anything boots. QEMU then listens on them itself: they outlive the service.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { MvmError } from '../contract/errors.ts';
import { hostEnd } from '../contract/ports.ts';
import type { PortSpec, PublishedPort } from '../contract/types.ts';
import { listenerOn } from './port-listener.ts';

export interface PortOwner {
  id: string;
  name: string;
}

export class HostPorts {
  readonly #held = new Map<string, { owner: PortOwner; ports: readonly PublishedPort[] }>();
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Real host ports for what was asked, held until they are released. Where any port was asked for, the `earlier` one is
   * preferred. @throws MvmError `port.taken`, `port.forbidden`, `port.address`
   */
  claim(owner: PortOwner, asked: readonly PortSpec[], earlier: readonly PublishedPort[]): Promise<PublishedPort[]> {
    if (asked.length === 0) return Promise.resolve([]);
    // One machine at a time: two that start together must not both find the same port free.
    const claimed = this.#turn.then(() => this.#choose(owner, asked, earlier));
    this.#turn = claimed.catch(() => undefined);
    return claimed;
  }

  /** Another service claimed them. */
  adopt(owner: PortOwner, ports: readonly PublishedPort[]): void {
    if (ports.length > 0) this.#held.set(owner.id, { owner, ports });
  }

  release(id: string): void {
    this.#held.delete(id);
  }

  async #choose(
    owner: PortOwner,
    asked: readonly PortSpec[],
    earlier: readonly PublishedPort[],
  ): Promise<PublishedPort[]> {
    const tried: Listener[] = [];
    try {
      for (const [index, port] of asked.entries()) tried.push(await this.#listen(port, earlier[index]));
      const ports = asked.map((port, index) => ({ ...port, hostPort: tried[index]?.port ?? port.hostPort }));
      this.#held.set(owner.id, { owner, ports });
      return ports;
    } finally {
      await Promise.all(tried.map((listener) => listener.close()));
    }
  }

  async #listen(asked: PortSpec, earlier: PublishedPort | undefined): Promise<Listener> {
    if (asked.hostPort !== 0) return this.#listenOn(asked);
    if (earlier && earlier.hostAddress === asked.hostAddress && earlier.protocol === asked.protocol) {
      // Any other will do as well when that one is taken by now.
      const again = await this.#listenOn(earlier).catch(() => null);
      if (again) return again;
    }
    return this.#listenOn(asked);
  }

  async #listenOn(port: PortSpec): Promise<Listener> {
    const holder = this.#holderOf(port);
    if (holder) throw taken(port, `machine ${holder.name} publishes it`, `mvm stop ${holder.name} frees it.`);
    try {
      return await listen(port);
    } catch (error) {
      throw portRefused(port, error);
    }
  }

  #holderOf({ protocol, hostAddress, hostPort }: PortSpec): PortOwner | null {
    const isIt = (other: PortSpec) =>
      other.protocol === protocol && other.hostAddress === hostAddress && other.hostPort === hostPort;
    for (const { owner, ports } of this.#held.values()) if (ports.some(isIt)) return owner;
    return null;
  }
}

interface Listener {
  port: number;
  close(): Promise<void>;
}

/** `[::]` is IPv6 alone, as in docker: who wants both asks for both. */
function listen({ protocol, hostAddress: address, hostPort: port }: PortSpec): Promise<Listener> {
  return new Promise((resolve, reject) => {
    if (protocol === 'tcp') {
      const server = createServer().once('error', reject);
      server.listen({ host: address, port, ipv6Only: true }, () => {
        const bound = server.address() as { port: number };
        resolve({ port: bound.port, close: () => new Promise((closed) => server.close(() => closed())) });
      });
    } else {
      const socket = createSocket(address.includes(':') ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
      socket.once('error', reject);
      socket.bind({ address, port }, () => {
        resolve({ port: socket.address().port, close: () => new Promise((closed) => socket.close(closed)) });
      });
    }
  });
}

/** Why this host does not let us listen there, in words. */
export function portRefused(port: PortSpec, error: unknown): MvmError {
  const cause = error as NodeJS.ErrnoException;
  const { hostAddress, hostPort } = port;
  switch (cause.code) {
    case 'EADDRINUSE': {
      const listener = listenerOn(port);
      const who = listener ? `${listener.command} (process ${listener.pid}) listens there` : 'another program has it';
      return taken(port, who, 'Publish on another port, or leave the host port out for any that is free.', cause);
    }
    case 'EACCES':
      return new MvmError('port.forbidden', `this user may not listen on port ${hostPort}`, {
        hint: 'Ports below 1024 are for root on most hosts: publish on a higher one.',
        cause,
      });
    case 'EADDRNOTAVAIL':
      return new MvmError('port.address', `this host has no address ${hostAddress}`, {
        hint: '127.0.0.1 is for this host alone, 0.0.0.0 for every IPv4 address that it has.',
        cause,
      });
    default:
      return new MvmError('port.refused', `${hostEnd(port)} cannot be listened on: ${cause.message}`, { cause });
  }
}

const taken = (port: PortSpec, who: string, hint: string, cause?: unknown): MvmError =>
  new MvmError('port.taken', `port ${hostEnd(port)}/${port.protocol} is taken: ${who}`, {
    hint,
    details: { ...port },
    cause,
  });
