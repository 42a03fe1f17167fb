/** One machine's published ports, from the choice of their numbers to the relays that some need. */
import type { PortSpec, PublishedPort } from '../contract/types.ts';
import { type HostPorts, type PortOwner, portRefused } from './host-ports.ts';
import { type PortRelay, relayPort } from './port-relay.ts';

export interface Publication {
  published: PublishedPort[];
  /** what the engine listens on, one for each published port: another address where it cannot listen on that one */
  forwards: PublishedPort[];
}

export class MachinePorts {
  readonly #host: HostPorts;
  readonly #owner: () => PortOwner;
  #relays: PortRelay[] = [];

  constructor(host: HostPorts, owner: () => PortOwner) {
    this.#host = host;
    this.#owner = owner;
  }

  /** Claims the ports for a start. @throws MvmError `port.*` */
  async choose(asked: readonly PortSpec[], earlier: readonly PublishedPort[]): Promise<Publication> {
    const relayed = asked.filter(needsRelay).map((port) => ({ ...port, ...ENGINE_SIDE }));
    const chosen = await this.#host.claim(this.#owner(), [...asked, ...relayed], earlier);
    const published = chosen.slice(0, asked.length);
    const behind = chosen.slice(asked.length);
    return { published, forwards: published.map((port) => (needsRelay(port) ? (behind.shift() ?? port) : port)) };
  }

  /** The ports are an earlier service's choice, and the engine listens. */
  adopt({ published, forwards }: Publication): void {
    this.#host.adopt(this.#owner(), [...published, ...forwards]);
  }

  /** Opens what the engine does not, once the engine listens. @throws MvmError `port.*` */
  async relay({ published, forwards }: Publication): Promise<void> {
    for (const [index, port] of published.entries()) {
      const forward = forwards[index];
      if (!forward || !needsRelay(port)) continue;
      const relay = await relayPort(port, forward).catch((error: unknown) => Promise.reject(portRefused(port, error)));
      this.#relays.push(relay);
    }
  }

  /** Closes the relays; what the engine listens on is closed with it. */
  close(): void {
    for (const relay of this.#relays.splice(0)) relay.close();
  }

  /** The machine does not run any more: others may have its ports. */
  release(): void {
    this.close();
    this.#host.release(this.#owner().id);
  }
}

const needsRelay = ({ hostAddress }: PortSpec): boolean => hostAddress.includes(':');

/** Where the engine listens behind a relay. */
const ENGINE_SIDE = { hostAddress: '127.0.0.1', hostPort: 0 };
