import type { Bridge } from '../../vmm/contract/bridge.ts';
import type { Service } from './service.svelte.ts';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';
export type TerminalColours = 'theme' | 'dark';

/** In a browser the page keeps its theme itself; the desktop app keeps its own, for the title bar follows it. */
const STORED_THEME = 'mvm.theme';

/** How the window looks to this person. Rows and terminals are settings of the service: every window has them. */
export class Preferences {
  theme: Theme = $state('system');
  readonly density: Density = $derived.by(() =>
    this.#service.settings.density === 'compact' ? 'compact' : 'comfortable',
  );
  readonly terminalColours: TerminalColours = $derived.by(() =>
    this.#service.settings.terminalColours === 'dark' ? 'dark' : 'theme',
  );
  readonly #bridge: Bridge;
  readonly #service: Service;

  constructor(bridge: Bridge, service: Service) {
    this.#bridge = bridge;
    this.#service = service;
    if (bridge.platform === 'browser') this.theme = known(localStorage.getItem(STORED_THEME));
  }

  async read(): Promise<void> {
    const settings = await this.#bridge.desktop?.settings();
    if (settings) this.theme = settings.theme;
  }

  /** The service keeps it, and tells every window. */
  async set(name: 'density' | 'terminalColours', value: Density | TerminalColours): Promise<void> {
    this.#service.settings = await this.#service.call('changeSetting', { name, value });
  }

  async setTheme(theme: Theme): Promise<void> {
    if (this.#bridge.desktop) this.theme = (await this.#bridge.desktop.change({ theme })).theme;
    else {
      localStorage.setItem(STORED_THEME, theme);
      this.theme = theme;
    }
  }
}

const known = (theme: string | null): Theme => (theme === 'light' || theme === 'dark' ? theme : 'system');
