/** A window of the app that can be closed and opened again, and what it is told until its page listens. */
import { BrowserWindow, type BrowserWindowConstructorOptions, type WebContents } from 'electron';
import type { WindowCommand } from '../vmm/contract/bridge.ts';
import { ARGUMENT, HEAR } from './channels.ts';
import type { Platform } from './platform.ts';
import { ORIGIN } from './sender.ts';

export interface AppWindowOptions {
  /** what its page shows first, after the `#` */
  route: string;
  preload: string;
  platform: Platform;
  version: string;
  /** asked anew at each opening */
  look(): BrowserWindowConstructorOptions;
  opened?(window: BrowserWindow): void;
  /** its visibility or focus changed */
  changed?(): void;
}

/** Commands kept for a page that is being loaded; older ones give way. */
const MOST_WAITING = 32;

export class AppWindow {
  readonly #options: AppWindowOptions;
  #window: BrowserWindow | null = null;
  #listens = false;
  #waiting: WindowCommand[] = [];

  constructor(options: AppWindowOptions) {
    this.#options = options;
  }

  get window(): BrowserWindow | null {
    return this.#window;
  }

  /** A person can see it. */
  get shown(): boolean {
    const window = this.#window;
    return window ? window.isVisible() && !window.isMinimized() : false;
  }

  get focused(): boolean {
    return this.#window?.isFocused() ?? false;
  }

  has(page: WebContents): boolean {
    return this.#window?.webContents === page;
  }

  /** Opens it, or brings it to the front. */
  show(): void {
    const window = this.#window;
    if (!window) this.#open();
    else {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    }
  }

  hide(): void {
    this.#window?.hide();
  }

  tell(command: WindowCommand): void {
    if (this.#window && this.#listens) this.#window.webContents.send(HEAR.command, command);
    else this.#waiting = [...this.#waiting, command].slice(-MOST_WAITING);
  }

  listening(): void {
    this.#listens = true;
    for (const command of this.#waiting.splice(0)) this.tell(command);
  }

  #open(): void {
    const { route, preload, platform, version, look, opened, changed } = this.#options;
    const window = new BrowserWindow({
      ...look(),
      show: false,
      webPreferences: {
        preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
        additionalArguments: [`${ARGUMENT.platform}${platform.name}`, `${ARGUMENT.version}${version}`],
      },
    });
    this.#window = window;
    this.#listens = false;
    // A page that is drawn before it is shown: no white flash, in the dark above all.
    window.once('ready-to-show', () => window.show());
    window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) this.#listens = false;
    });
    const tell = (): void => changed?.();
    window.on('show', tell).on('hide', tell).on('minimize', tell).on('restore', tell).on('focus', tell);
    window.on('closed', () => {
      this.#window = null;
      this.#listens = false;
      tell();
    });
    opened?.(window);
    void window.loadURL(`${ORIGIN}/#${route}`);
  }
}
