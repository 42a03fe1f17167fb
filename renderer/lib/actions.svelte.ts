import { type ActionId, actionIds, actions } from '../../vmm/contract/actions.ts';
import type { Image } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';
import { type Deed, deeds } from './deeds.ts';
import { ofMachine } from './errors.ts';
import type { IconName } from './icons.ts';
import { ariaKeys, matches, type Pressed, readable } from './keys.ts';
import type { MachineModel } from './machines.svelte.ts';

/** What an action acts on. What is not given is what is chosen in the window. */
export interface Target {
  machine?: MachineModel | null;
  image?: Image | null;
}

/** Does what the table of actions lists: for buttons, menus, palette and keys alike. */
export class Actions {
  readonly #app: App;
  readonly #deeds: Record<ActionId, Deed>;

  constructor(app: App) {
    this.#app = app;
    this.#deeds = deeds(app);
  }

  /** what makes sense now */
  readonly possible: readonly ActionId[] = $derived.by(() => actionIds.filter((id) => this.isPossible(id)));

  isPossible(id: ActionId, target: Target = {}): boolean {
    return this.#deeds[id].possible(this.#complete(target));
  }

  perform(id: ActionId, target: Target = {}): void {
    const complete = this.#complete(target);
    const deed = this.#deeds[id];
    if (!deed.possible(complete)) return;
    // A refusal is the service's word, and is told as it came.
    const name = complete.machine?.snapshot.name;
    Promise.resolve(deed.perform(complete)).catch((error: unknown) =>
      this.#app.toasts.complain(name === undefined ? error : ofMachine(name, error)),
    );
  }

  iconOf(id: ActionId): IconName {
    return actions[id].icon as IconName;
  }

  /** As a person reads them; empty when the action has none. */
  keysOf(id: ActionId): string {
    const keys = this.#keys(id);
    return keys ? readable(keys, this.#app.keyStyle) : '';
  }

  ariaKeysOf(id: ActionId): string | undefined {
    const keys = this.#keys(id);
    return keys && ariaKeys(keys, this.#app.keyStyle);
  }

  /** True when the keys were an action's. */
  press(event: Pressed, where: 'terminal' | 'field' | 'elsewhere'): boolean {
    for (const id of actionIds) {
      const keys = this.#keys(id);
      if (!keys || !matches(this.#asTypedIn(where, keys), event, this.#app.keyStyle)) continue;
      if (where === 'field' && !/Mod|Alt/.test(keys)) continue;
      if (!this.isPossible(id)) continue;
      this.perform(id);
      return true;
    }
    return false;
  }

  /** A terminal's program has Ctrl and Alt for itself, so the window's keys take Shift as well; a Mac's ⌘ is free. */
  #asTypedIn(where: string, keys: string): string {
    if (where !== 'terminal' || this.#app.keyStyle === 'mac' || keys.includes('Shift')) return keys;
    return `Shift+${keys}`;
  }

  #keys(id: ActionId): string | undefined {
    const { keys, browserKeys } = actions[id];
    return this.#app.bridge.platform === 'browser' ? (browserKeys ?? keys) : keys;
  }

  #complete({ machine, image }: Target): Target {
    return { machine: machine ?? this.#app.chosen.machine, image: image ?? this.#app.chosen.image };
  }
}
