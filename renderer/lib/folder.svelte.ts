import type { ErrorBody, FolderEntry } from '../../vmm/contract/types.ts';
import { toErrorBody } from './errors.ts';
import { isFolder } from './file-words.ts';
import type { MachineModel } from './machines.svelte.ts';
import type { Service } from './service.svelte.ts';

/** An entry with a name of its own: two that are no UTF-8 may look the same. */
export type FileItem = FolderEntry & { readonly id: string };

export interface Listing {
  path: string;
  /** folders first, and links to them */
  items: readonly FileItem[];
  total: number;
  next: string | null;
}

/** A folder of a machine, as it was when it was last asked for. */
export class Folder {
  readonly machine: MachineModel;
  shown: Listing | null = $state.raw(null);
  refused: ErrorBody | null = $state.raw(null);
  isBusy = $state(false);
  /** the row that the keyboard was at last */
  chosen: string | null = $state(null);
  readonly #service: Service;
  #asked = 0;
  #reading: Promise<boolean> = Promise.resolve(true);

  constructor(service: Service, machine: MachineModel) {
    this.#service = service;
    this.machine = machine;
  }

  readonly choice: FileItem | null = $derived(this.shown?.items.find(({ id }) => id === this.chosen) ?? null);

  /** False when another one was asked for meanwhile, which is the one that counts. */
  read(path: string): Promise<boolean> {
    return this.#ask(path, null);
  }

  /** What is shown once no other folder is under way. */
  async settled(): Promise<Listing | null> {
    while (this.isBusy) await this.#reading;
    return this.shown;
  }

  async refresh(): Promise<void> {
    if (this.shown) await this.#ask(this.shown.path, null);
  }

  /** What comes behind those that are shown. */
  async more(): Promise<void> {
    if (this.shown?.next) await this.#ask(this.shown.path, this.shown);
  }

  #ask(path: string, before: Listing | null): Promise<boolean> {
    this.isBusy = true;
    this.#reading = this.#take(++this.#asked, path, before);
    return this.#reading;
  }

  async #take(mine: number, path: string, before: Listing | null): Promise<boolean> {
    try {
      const input = { machine: this.machine.id, path, ...(before?.next && { after: before.next }) };
      const { entries, total, next } = await this.#service.call('files', input);
      if (mine !== this.#asked) return false;
      this.shown = { path, items: arranged([...(before?.items ?? []), ...entries.map(toItem)]), total, next };
      this.refused = null;
    } catch (error) {
      if (mine !== this.#asked) return false;
      this.shown = null;
      this.refused = toErrorBody(error);
    }
    this.isBusy = false;
    return true;
  }
}

const toItem = (entry: FolderEntry): FileItem => ({
  ...entry,
  id: entry.nameBytes === null ? entry.name : `/${entry.nameBytes}`,
});

/** In the service's order otherwise. A folder that changes meanwhile may tell of an entry twice. */
function arranged(items: readonly FileItem[]): FileItem[] {
  const once = [...new Map(items.map((item) => [item.id, item])).values()];
  return [...once.filter(isFolder), ...once.filter((item) => !isFolder(item))];
}
