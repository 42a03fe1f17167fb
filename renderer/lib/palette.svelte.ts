import { type ActionId, actionIds, actions } from '../../vmm/contract/actions.ts';
import { runArguments } from '../../vmm/contract/command-line.ts';
import type { HistoryEntry } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';
import type { IconName } from './icons.ts';
import { nameOf } from './image-deeds.ts';
import type { MachineModel } from './machines.svelte.ts';
import { ago, stateNote, stateWord } from './words.ts';

export interface Offer {
  id: string;
  what: string;
  where: string;
  keys: string;
  icon: IconName;
  machine: MachineModel | null;
  perform(): void;
}

export interface Group {
  title: string;
  offers: Offer[];
}

/** Most of each kind: who wants another types on. */
const MOST = 6;

/** What can be found or done, by words that all must be in its text. */
export class Palette {
  query = $state('');
  at = $state(0);
  runs: readonly HistoryEntry[] = $state.raw([]);
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  readonly groups: readonly Group[] = $derived.by(() => {
    const { chosen } = this.#app;
    const machine = chosen.machine;
    return [
      { title: 'Machines', offers: this.#machines() },
      { title: machine ? `Do with ${machine.snapshot.name}` : '', offers: machine ? this.#actions('machine') : [] },
      { title: 'Run', offers: [...this.#images(), ...this.#past()] },
      { title: 'mvm', offers: [...this.#actions('app'), ...this.#actions('terminal')] },
    ]
      .map(({ title, offers }) => ({
        title,
        offers: offers.filter((offer) => this.#fits(offer)).slice(0, this.#most(title)),
      }))
      .filter(({ offers }) => offers.length > 0);
  });

  readonly flat: readonly Offer[] = $derived(this.groups.flatMap(({ offers }) => offers));

  move(step: number): void {
    this.at = (this.at + step + this.flat.length) % Math.max(1, this.flat.length);
  }

  type(query: string): void {
    this.query = query;
    this.at = 0;
  }

  async read(): Promise<void> {
    this.runs = (await this.#app.service.call('history', { limit: 50 })).runs;
  }

  #most(title: string): number {
    return title === 'mvm' || title.startsWith('Do with') ? (this.query ? MOST : 20) : MOST;
  }

  #fits({ what, where }: Offer): boolean {
    const text = `${what} ${where}`.toLowerCase();
    return words(this.query).every((word) => text.includes(word));
  }

  #machines(): Offer[] {
    return this.#app.service.machines.all.map((machine) => {
      const { name, spec, state } = machine.snapshot;
      return {
        id: `machine-${machine.id}`,
        what: name,
        where: [spec.image, stateNote(state) || stateWord(state)].join(', '),
        keys: '',
        icon: 'machines',
        machine,
        perform: () => this.#app.route.go({ place: 'machines', item: machine.id }),
      };
    });
  }

  #actions(on: 'machine' | 'app' | 'terminal'): Offer[] {
    return actionIds
      .filter((id) => actions[id].on === on && id !== 'palette' && this.#app.actions.isPossible(id))
      .map((id) => this.#action(id));
  }

  #action(id: ActionId): Offer {
    const { title } = actions[id];
    const icon = this.#app.actions.iconOf(id);
    const keys = this.#app.actions.keysOf(id);
    return { id, what: title, where: '', keys, icon, machine: null, perform: () => this.#app.actions.perform(id) };
  }

  #images(): Offer[] {
    return this.#app.service.images.map((image) => ({
      id: `image-${image.digest}-${image.reference}`,
      what: nameOf(image),
      where: `${image.platform.os} ${image.platform.architecture}`,
      keys: '',
      icon: 'images',
      machine: null,
      perform: () => this.#app.actions.perform('run-image', { image }),
    }));
  }

  /** Each line once, as it ran last. Values of variables are not kept, so it fills the sheet and starts nothing. */
  #past(): Offer[] {
    const lines = new Map<string, Offer>();
    for (const { id, request, image, at } of this.runs) {
      if (!request) continue;
      const line = runArguments({ ...request, env: [] })
        .slice(1)
        .join(' ');
      if (lines.has(line)) continue;
      lines.set(line, {
        id: `past-${id}`,
        what: line,
        where: `ran ${ago(this.#app.clock.now - at)}`,
        keys: '',
        icon: 'restart',
        machine: null,
        perform: () => this.#app.dialogs.show({ is: 'run', draft: { ...request, image } }),
      });
    }
    return [...lines.values()];
  }
}

const words = (query: string): string[] => query.toLowerCase().split(/\s+/).filter(Boolean);

/** `text` in pieces, those that the query named marked. */
export function markWords(text: string, query: string): { text: string; marked: boolean }[] {
  const found = words(query)
    .map((word) => ({ from: text.toLowerCase().indexOf(word), length: word.length }))
    .filter(({ from }) => from >= 0)
    .sort((a, b) => a.from - b.from);
  const pieces: { text: string; marked: boolean }[] = [];
  let at = 0;
  for (const { from, length } of found) {
    if (from < at) continue;
    pieces.push({ text: text.slice(at, from), marked: false }, { text: text.slice(from, from + length), marked: true });
    at = from + length;
  }
  return [...pieces, { text: text.slice(at), marked: false }].filter((piece) => piece.text !== '');
}
