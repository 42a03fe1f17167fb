import { isLive } from '../../vmm/contract/live.ts';
import type { Machine } from '../../vmm/contract/types.ts';
import type { Usage } from './usage.ts';

/** One machine as the service last told it. A row that draws it changes with it alone. */
export class MachineModel {
  readonly id: string;
  snapshot: Machine = $state.raw() as Machine;
  /** what it takes of this computer; null while nobody asks, or it does not run */
  usage: Usage | null = $state.raw(null);

  constructor(machine: Machine) {
    this.id = machine.id;
    this.snapshot = machine;
  }

  get isLive(): boolean {
    return isLive(this.snapshot.state);
  }
}

/** The machines of the service, newest first. */
export class Machines {
  all: readonly MachineModel[] = $state.raw([]);
  readonly live: readonly MachineModel[] = $derived(this.all.filter((machine) => machine.isLive));
  readonly #byId = new Map<string, MachineModel>();

  /** Models of machines that are still there stay the same, and with them what the window knows beside them. */
  replace(machines: readonly Machine[]): void {
    const known = new Map(this.#byId);
    this.#byId.clear();
    for (const machine of machines) {
      const model = known.get(machine.id) ?? new MachineModel(machine);
      model.snapshot = machine;
      this.#byId.set(machine.id, model);
    }
    this.#sort();
  }

  put(machine: Machine): void {
    const known = this.#byId.get(machine.id);
    if (known) {
      known.snapshot = machine;
      return;
    }
    this.#byId.set(machine.id, new MachineModel(machine));
    this.#sort();
  }

  remove(id: string): void {
    if (this.#byId.delete(id)) this.#sort();
  }

  /** By id or name, as an address of the window may have either. */
  find(reference: string): MachineModel | null {
    const found = this.all.find(({ id, snapshot }) => id === reference || snapshot.name === reference);
    return found ?? null;
  }

  #sort(): void {
    this.all = [...this.#byId.values()].sort((a, b) => b.snapshot.created - a.snapshot.created);
  }
}
