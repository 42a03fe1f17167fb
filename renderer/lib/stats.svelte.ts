import type { MachineStats } from '../../vmm/contract/types.ts';
import type { Service } from './service.svelte.ts';
import { nextUsage } from './usage.ts';

/** How often the service is asked while somebody looks, ms. */
const EVERY_MS = 1000;

/** Asks what machines take, while the window is seen and a machine runs. */
export class Stats {
  readonly #service: Service;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(service: Service) {
    this.#service = service;
  }

  /** Until the returned function is called. */
  watch(): () => void {
    let over = false;
    const ask = async () => {
      if (this.#isOfUse) await this.#ask();
      if (!over) this.#timer = setTimeout(ask, EVERY_MS);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(this.#timer);
    };
  }

  get #isOfUse(): boolean {
    const { isLive, machines } = this.#service;
    return isLive && document.visibilityState === 'visible' && machines.live.length > 0;
  }

  async #ask(): Promise<void> {
    try {
      this.#take((await this.#service.call('stats', {})).machines);
    } catch {
      // The figures stay as they were; that the service is gone, its stream of events tells.
    }
  }

  #take(readings: MachineStats[]): void {
    const byId = new Map(readings.map((reading) => [reading.machine, reading]));
    for (const machine of this.#service.machines.all) {
      const reading = byId.get(machine.id);
      if (reading) machine.usage = nextUsage(machine.usage, reading);
      else if (machine.usage) machine.usage = null;
    }
  }
}
