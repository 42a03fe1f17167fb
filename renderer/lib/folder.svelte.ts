import type { FolderEntry, FolderListing } from '../../vmm/contract/files.ts';
import type { ErrorBody } from '../../vmm/contract/types.ts';
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
    return this.#ask(() => this.#part(path, null));
  }

  /** What is shown once no other folder is under way. */
  async settled(): Promise<Listing | null> {
    while (this.isBusy) await this.#reading;
    return this.shown;
  }

  /** Reads what is shown once more, if it is that folder and no other one is under way; what fails changes nothing. */
  async refresh(path: string): Promise<void> {
    while (this.isBusy) await this.#reading;
    const { shown } = this;
    if (shown?.path === path) await this.#ask(() => this.#again(shown).catch(() => shown));
  }

  /** What comes behind those that are shown. */
  async more(): Promise<void> {
    const { shown } = this;
    if (shown?.next) await this.#ask(() => this.#part(shown.path, shown));
  }

  /** Of every entry that a folder has by now, shown or not. */
  async idsIn(path: string): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    let after: string | null = null;
    do {
      const part: FolderListing = await this.#list(path, after);
      for (const entry of part.entries) ids.add(toItem(entry).id);
      after = part.next;
    } while (after !== null);
    return ids;
  }

  #ask(read: () => Promise<Listing>): Promise<boolean> {
    this.isBusy = true;
    this.#reading = this.#take(++this.#asked, read);
    return this.#reading;
  }

  async #take(mine: number, read: () => Promise<Listing>): Promise<boolean> {
    try {
      const listing = await read();
      if (mine !== this.#asked) return false;
      this.shown = listing;
      this.refused = null;
    } catch (error) {
      if (mine !== this.#asked) return false;
      this.shown = null;
      this.refused = toErrorBody(error);
    }
    this.isBusy = false;
    return true;
  }

  /** As far as it was read before. */
  async #again({ path, items }: Listing): Promise<Listing> {
    let listing = await this.#part(path, null);
    while (listing.next !== null && listing.items.length < items.length) listing = await this.#part(path, listing);
    return listing;
  }

  async #part(path: string, before: Listing | null): Promise<Listing> {
    const { entries, total, next } = await this.#list(path, before?.next ?? null);
    return { path, items: arranged([...(before?.items ?? []), ...entries.map(toItem)]), total, next };
  }

  #list(path: string, after: string | null): Promise<FolderListing> {
    return this.#service.call('files', { machine: this.machine.id, path, ...(after !== null && { after }) });
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
