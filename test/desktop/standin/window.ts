/** `BrowserWindow`: a page of Chromium with the state of a window modelled around it. */
import { EventEmitter } from 'node:events';
import { app } from './app.ts';
import { nativeTheme } from './desktop.ts';
import { tell } from './record.ts';
import { type Preferences, WebContents } from './web-contents.ts';
import { focus, windows } from './windows.ts';

interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Options extends Partial<Bounds> {
  show?: boolean;
  title?: string;
  webPreferences?: Preferences;
  titleBarOverlay?: object;
}

let lastId = 0;

export class BrowserWindow extends EventEmitter {
  readonly id = ++lastId;
  readonly webContents: WebContents;
  readonly options: Options;
  #bounds: Bounds;
  #visible: boolean;
  #minimized = false;
  #maximized = false;
  #gone = false;
  overlay: object | null;

  constructor(options: Options = {}) {
    super();
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.options = options;
    this.#bounds = { x, y, width, height };
    this.#visible = options.show !== false;
    this.overlay = options.titleBarOverlay ?? null;
    windows.push(this);
    this.webContents = new WebContents(this, options.webPreferences ?? {}, { width, height });
    app.emit('web-contents-created', {}, this.webContents);
    this.#followTheme();
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  show(): void {
    this.#visible = true;
    tell('window-show', { id: this.id });
    this.emit('show');
    this.focus();
  }

  hide(): void {
    this.#visible = false;
    if (focus.window === this) focus.window = null;
    tell('window-hide', { id: this.id });
    this.emit('hide');
  }

  focus(): void {
    focus.window = this;
    this.emit('focus');
  }

  minimize(): void {
    this.#minimized = true;
    this.emit('minimize');
  }

  restore(): void {
    this.#minimized = false;
    this.emit('restore');
  }

  maximize(): void {
    this.#maximized = true;
    this.emit('maximize');
  }

  isFocused = (): boolean => focus.window === this;
  isVisible = (): boolean => this.#visible;
  isMinimized = (): boolean => this.#minimized;
  isMaximized = (): boolean => this.#maximized;
  isDestroyed = (): boolean => this.#gone;
  getTitle = (): string => this.options.title ?? '';
  getBounds = (): Bounds => ({ ...this.#bounds });
  getNormalBounds = (): Bounds => ({ ...this.#bounds });

  setBounds(bounds: Partial<Bounds>): void {
    Object.assign(this.#bounds, bounds);
    this.emit('resize');
    this.emit('move');
  }

  setTitleBarOverlay(overlay: object): void {
    this.overlay = overlay;
  }

  close(): void {
    if (this.askToClose()) this.destroy();
  }

  /** False when a listener prevented it. */
  askToClose(): boolean {
    let prevented = false;
    this.emit('close', { preventDefault: () => (prevented = true) });
    return !prevented;
  }

  destroy(): void {
    void this.webContents.closePage();
  }

  /** Its page is gone. */
  closed(): void {
    if (this.#gone) return;
    this.#gone = true;
    windows.splice(windows.indexOf(this), 1);
    if (focus.window === this) focus.window = null;
    this.webContents.emit('destroyed');
    this.emit('closed');
    if (windows.length === 0) app.allWindowsClosed();
  }

  #followTheme(): void {
    const show = (): void => this.webContents.showTheme(nativeTheme.shouldUseDarkColors);
    nativeTheme.on('updated', show);
    this.once('closed', () => nativeTheme.off('updated', show));
    show();
  }

  static fromWebContents(page: WebContents): BrowserWindow | null {
    return windows.find(({ webContents }) => webContents === page) ?? null;
  }
}
