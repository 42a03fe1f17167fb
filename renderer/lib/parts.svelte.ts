import type { Component } from 'svelte';

/** What is told of a part that could not be read. */
export const LOST = 'This part of the window cannot be read. Load the window again.';

/** A part of the page that its first picture does not need. */
export class Part<Props extends Record<string, unknown> = Record<string, never>> {
  /** null until it was fetched */
  view: Component<Props> | null = $state.raw(null);
  /** it could not be read: the page has no way to the rest of itself any more */
  isLost = $state(false);
  readonly #load: () => Promise<{ default: Component<Props> }>;
  #fetched: Promise<void> | null = null;

  constructor(load: () => Promise<{ default: Component<Props> }>) {
    this.#load = load;
  }

  fetch(): Promise<void> {
    this.#fetched ??= this.#fetch();
    return this.#fetched;
  }

  async #fetch(): Promise<void> {
    try {
      this.view = (await this.#load()).default;
    } catch {
      // It is told where the part would be shown.
      this.isLost = true;
    }
  }
}

/** Each is fetched when it is first shown, all once the first picture is drawn. */
export const parts = {
  launcher: new Part(() => import('../views/LauncherView.svelte')),
  welcome: new Part(() => import('../views/Welcome.svelte')),
  machine: new Part(() => import('../views/machines/MachineDetail.svelte')),
  images: new Part(() => import('../views/images/ImagesView.svelte')),
  shells: new Part(() => import('../views/ShellsView.svelte')),
  settings: new Part(() => import('../views/settings/SettingsView.svelte')),
  dialogs: new Part(() => import('../views/dialogs/Dialogs.svelte')),
};

/** A page whose service dies, or whose mvm is replaced by a newer one, has all it will show. */
export function fetchParts(): void {
  for (const part of Object.values(parts)) void part.fetch();
}
