/** The one place where changes get their revision, and where who listens hears of them. */
import type { HistoryEntry, Image, Machine, ServiceEvent, Terminal } from '../contract/types.ts';

type Change =
  | { type: 'machine'; machine: Machine }
  | { type: 'machine-removed'; id: string }
  | { type: 'image'; image: Image }
  | { type: 'image-removed'; digest: string; reference: string | null }
  | { type: 'history'; run: HistoryEntry }
  | { type: 'terminal'; terminal: Terminal }
  | { type: 'terminal-removed'; id: string }
  | { type: 'settings'; settings: Record<string, unknown> };

/** What there is when somebody begins to listen. */
export type Snapshot = Omit<Extract<ServiceEvent, { type: 'snapshot' }>, 'type' | 'revision'>;

export class Events {
  #revision = 0;
  readonly #listeners = new Set<(event: ServiceEvent) => void>();

  /** The machine with the revision of this change. */
  machineChanged(machine: Machine): Machine {
    const changed = { ...machine, revision: this.#revision + 1 };
    this.#tell({ type: 'machine', machine: changed });
    return changed;
  }

  machineRemoved(id: string): void {
    this.#tell({ type: 'machine-removed', id });
  }

  imageChanged(image: Image): void {
    this.#tell({ type: 'image', image });
  }

  imageRemoved({ digest, reference }: Image): void {
    this.#tell({ type: 'image-removed', digest, reference });
  }

  historyChanged(run: HistoryEntry): void {
    this.#tell({ type: 'history', run });
  }

  settingsChanged(settings: Record<string, unknown>): void {
    this.#tell({ type: 'settings', settings });
  }

  terminalChanged(terminal: Terminal): void {
    this.#tell({ type: 'terminal', terminal });
  }

  terminalRemoved(id: string): void {
    this.#tell({ type: 'terminal-removed', id });
  }

  /** A snapshot first, then every later change. */
  subscribe(snapshot: Snapshot, listener: (event: ServiceEvent) => void): () => void {
    listener({ type: 'snapshot', revision: this.#revision, ...snapshot });
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(change: Change): void {
    this.#revision++;
    for (const listener of this.#listeners) listener({ ...change, revision: this.#revision });
  }
}
