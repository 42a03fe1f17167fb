import type { MachineModel, Machines } from './machines.svelte.ts';

export type Show = 'all' | 'running';

/** Which machines the list shows. */
export class MachineList {
  show: Show = $state('all');
  filter = $state('');
  readonly #machines: Machines;

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  readonly shown: readonly MachineModel[] = $derived.by(() => {
    const among = this.show === 'running' ? this.#machines.live : this.#machines.all;
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return among;
    return among.filter(({ snapshot }) => {
      const text = `${snapshot.name} ${snapshot.spec.image} ${snapshot.id}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  });
}
