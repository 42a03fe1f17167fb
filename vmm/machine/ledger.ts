/** A machine's record as it changes: told at once to who listens, and written to disk one write after the other. */
import { isLive } from '../contract/live.ts';
import type { Machine } from '../contract/types.ts';
import { type MachineEvent, next } from './lifecycle.ts';
import { type MachineRecord, writeRecord } from './record.ts';
import { quietly } from './waits.ts';
import type { MachineWorld } from './world.ts';

export class Ledger {
  readonly record: MachineRecord;
  readonly #world: Pick<MachineWorld, 'paths' | 'publish' | 'log'>;
  #writes: Promise<void> = Promise.resolve();
  /** while the machine is live: resolves when it is not any more */
  #life: PromiseWithResolvers<void> | null = null;

  constructor(world: Pick<MachineWorld, 'paths' | 'publish' | 'log'>, record: MachineRecord) {
    this.#world = world;
    this.record = record;
    if (this.live) this.#life = Promise.withResolvers();
  }

  get machine(): Machine {
    return this.record.machine;
  }

  get live(): boolean {
    return isLive(this.machine.state);
  }

  apply(event: MachineEvent): void {
    this.change({ state: next(this.machine.state, event) });
    if (this.live) this.#life ??= Promise.withResolvers();
    else {
      this.#life?.resolve();
      this.#life = null;
    }
  }

  change(change: Partial<Machine>): void {
    this.record.machine = this.#world.publish({ ...this.machine, ...change });
  }

  /** Resolves when the machine is not live any more; null when it is not now. */
  get end(): Promise<void> | null {
    return this.#life?.promise ?? null;
  }

  /** One write at a time, in order; each writes what is true when its turn comes. */
  write(): Promise<void> {
    const write = this.#writes.then(() => writeRecord(this.#world.paths, this.record));
    this.#writes = quietly(write);
    return write;
  }

  /** Resolves when no write is under way. */
  written(): Promise<void> {
    return this.#writes;
  }

  /** Where there is no way back: a full disk costs the record, not the machine's orderly end. */
  note(): Promise<void> {
    return this.inBackground(this.write());
  }

  /** For what nobody waits for: a failure is told by the log. */
  async inBackground(work: Promise<void>): Promise<void> {
    await work.catch((error: Error) => this.tell(error.message));
  }

  tell(what: string): void {
    this.#world.log(`machine ${this.machine.name}: ${what}`);
  }
}
