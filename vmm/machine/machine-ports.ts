/** One machine's published ports, from the choice of their numbers to the relays that some need. */
import type { PortSpec } from '../contract/types.ts';
import { type HostPorts, portRefused } from './host-ports.ts';
import type { Ledger } from './ledger.ts';
import { type PortRelay, relayPort } from './port-relay.ts';

export class MachinePorts {
  readonly #host: HostPorts;
  readonly #ledger: Ledger;
  #relays: PortRelay[] = [];

  constructor(host: HostPorts, ledger: Ledger) {
    this.#host = host;
    this.#ledger = ledger;
  }

  /** Claims the ports for a start, before anything boots: one that is taken is told at once. @throws MvmError `port.*` */
  async choose(): Promise<void> {
    const { spec, ports } = this.#ledger.machine;
    const relayed = spec.ports.filter(needsRelay).map((port) => ({ ...port, ...ENGINE_SIDE }));
    const chosen = await this.#host.claim(this.#ledger.machine, [...spec.ports, ...relayed], ports);
    const published = chosen.slice(0, spec.ports.length);
    const behind = chosen.slice(spec.ports.length);
    this.#ledger.record.forwards = published.map((port) => (needsRelay(port) ? (behind.shift() ?? port) : port));
    if (published.length > 0) this.#ledger.change({ ports: published });
  }

  /** What was chosen is somebody's by now: a port that was named is told with who has it. @throws MvmError `port.*` */
  chooseAgain(): Promise<void> {
    this.release();
    return this.choose();
  }

  /** The ports are an earlier service's choice, and the engine listens. */
  adopt(): void {
    const { machine, forwards } = this.#ledger.record;
    this.#host.adopt(machine, [...machine.ports, ...forwards]);
  }

  /** Opens what the engine does not, once the engine listens. @throws MvmError `port.*` */
  async relay(): Promise<void> {
    const { machine, forwards } = this.#ledger.record;
    for (const [index, port] of machine.ports.entries()) {
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
    this.#host.release(this.#ledger.machine.id);
  }
}

const needsRelay = ({ hostAddress }: PortSpec): boolean => hostAddress.includes(':');

/** Where the engine listens behind a relay. */
const ENGINE_SIDE = { hostAddress: '127.0.0.1', hostPort: 0 };
