/** `WebContents`: a page with a preload in a world of its own, and messages to and from it. */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { CDPSession, Page, Route } from 'playwright-core';
import { app } from './app.ts';
import { decode, encode, ipcMain } from './ipc.ts';
import { isolatedWorld, mainWorld } from './page.ts';
import { fromWeb, serve, toWeb } from './protocol.ts';
import { tell } from './record.ts';
import { session } from './session.ts';
import type { BrowserWindow } from './window.ts';

export interface Preferences {
  preload?: string;
  additionalArguments?: string[];
}

interface Posted {
  kind: 'send' | 'invoke' | 'preload-failed';
  id: number;
  channel: string;
  values?: unknown[];
  error?: string;
}

type OpenHandler = (details: { url: string }) => { action: 'allow' | 'deny' };

/** Electron's name for the preload's world. */
const WORLD = 'Electron Isolated Context';

let lastId = 0;

export class WebContents extends EventEmitter {
  readonly id = ++lastId;
  readonly session = session.defaultSession;
  readonly ready: Promise<void>;
  readonly #window: BrowserWindow;
  readonly #preferences: Preferences;
  #page: Page | null = null;
  #devtools: CDPSession | null = null;
  #world: number | null = null;
  #frame = '';
  /** of the document that is there now, which playwright learns a little later than the preload runs */
  #url = '';
  #waiting: object[] = [];
  #loading: string | null = null;
  #openHandler: OpenHandler = () => ({ action: 'allow' });
  targetId = '';

  constructor(window: BrowserWindow, preferences: Preferences, size: { width: number; height: number }) {
    super();
    this.#window = window;
    this.#preferences = preferences;
    this.ready = this.#begin(size);
    this.ready.catch((error: unknown) => tell('window-failed', { error: String(error) }));
  }

  get page(): Page {
    if (!this.#page) throw new Error('the page is not there yet');
    return this.#page;
  }

  getURL = (): string => fromWeb(this.#url);
  isDestroyed = (): boolean => this.#window.isDestroyed();

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }

  send(channel: string, ...values: unknown[]): void {
    if (this.isDestroyed()) throw new TypeError('Object has been destroyed');
    this.#post({ kind: 'event', channel, values: encode(values) });
  }

  async loadURL(url: string): Promise<void> {
    await this.ready;
    this.#loading = url;
    try {
      await this.page.goto(toWeb(url), { waitUntil: 'load' });
    } finally {
      this.#loading = null;
    }
  }

  async closePage(): Promise<void> {
    await this.ready;
    await this.page.close();
  }

  showTheme(dark: boolean): void {
    // A page that is gone meanwhile has no theme.
    void this.ready.then(() => this.page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' })).catch(() => undefined);
  }

  /** Drops files of this computer on the page, as a person would: on its middle, or on a spot. */
  async drop(paths: string[], spot?: { x: number; y: number }): Promise<void> {
    const devtools = await this.know(paths);
    const { width, height } = this.page.viewportSize() ?? { width: 800, height: 600 };
    const place = spot ?? { x: width / 2, y: height / 2 };
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await devtools.send('Input.dispatchDragEvent', { type, ...place, data });
  }

  /** Tells the page's preload where files lie that it is given next. */
  async know(paths: string[]): Promise<CDPSession> {
    await this.ready;
    const devtools = this.#devtools;
    if (!devtools || this.#world === null) throw new Error('the page is not there yet');
    const known = JSON.stringify(Object.fromEntries(paths.map((path) => [basename(path), path])));
    await devtools.send('Runtime.evaluate', { expression: `globalThis.__paths = ${known}`, contextId: this.#world });
    return devtools;
  }

  async #begin(size: { width: number; height: number }): Promise<void> {
    const { context, browser } = await app.chromium;
    const page = await context.newPage();
    this.#page = page;
    await page.setViewportSize(size);
    const devtools = await context.newCDPSession(page);
    this.#devtools = devtools;
    this.targetId = (await devtools.send('Target.getTargetInfo')).targetInfo.targetId;
    this.#listen(page, devtools);
    await page.route('**', (route) => this.#route(route));
    await devtools.send('Page.enable');
    this.#frame = (await devtools.send('Page.getFrameTree')).frameTree.frame.id;
    await devtools.send('Runtime.addBinding', { name: '__post', executionContextName: WORLD });
    await devtools.send('Runtime.enable');
    await this.#installPreload(devtools, browser.version());
  }

  #listen(page: Page, devtools: CDPSession): void {
    devtools.on('Runtime.executionContextCreated', ({ context: { id, name, auxData } }) => {
      if (name !== WORLD || auxData?.frameId !== this.#frame) return;
      this.#world = id;
      for (const message of this.#waiting.splice(0)) this.#post(message);
    });
    devtools.on('Runtime.executionContextsCleared', () => {
      this.#world = null;
    });
    devtools.on('Runtime.bindingCalled', ({ name, executionContextId, payload }) => {
      if (name === '__post' && executionContextId === this.#world) this.#posted(JSON.parse(payload));
    });
    devtools.on('Page.windowOpen', ({ url }) => this.#openHandler({ url: fromWeb(url) }));
    devtools.on('Page.frameNavigated', ({ frame: { id, url, urlFragment = '' } }) => {
      if (id === this.#frame) this.#url = url + urlFragment;
    });
    devtools.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
      if (frameId === this.#frame) this.#url = url;
      this.#startNavigation(fromWeb(url), true);
    });
    // Whatever the handler said, the stand-in has no second window of the page's making.
    page.on('popup', (popup) => void popup.close().catch(() => undefined));
    page.on('console', (message) => tell('console', { level: message.type(), text: message.text() }));
    page.on('pageerror', (error) => tell('page-error', { text: String(error.stack ?? error) }));
    page.on('crash', () => this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 }));
    page.on('domcontentloaded', () => this.#window.emit('ready-to-show'));
    page.on('load', () => this.emit('did-finish-load'));
    page.on('close', () => this.#window.closed());
  }

  async #installPreload(devtools: CDPSession, chrome: string): Promise<void> {
    const { preload, additionalArguments: argv = [] } = this.#preferences;
    if (!preload) return;
    const surroundings = { platform: process.platform, versions: { ...process.versions, chrome }, argv };
    await devtools.send('Page.addScriptToEvaluateOnNewDocument', { source: mainWorld() });
    await devtools.send('Page.addScriptToEvaluateOnNewDocument', {
      source: isolatedWorld(readFileSync(preload, 'utf8'), surroundings),
      worldName: WORLD,
    });
  }

  async #route(route: Route): Promise<void> {
    const request = route.request();
    const url = fromWeb(request.url());
    const isMainFrame = request.frame() === this.page.mainFrame();
    if (request.isNavigationRequest()) {
      if (this.#refusesNavigation(url, isMainFrame)) return route.abort('aborted');
      if (isMainFrame) this.#startNavigation(url, false);
    }
    return serve(route);
  }

  /** Electron does not ask about what the app itself loads, nor about a page that is loaded again. */
  #refusesNavigation(url: string, isMainFrame: boolean): boolean {
    if (isMainFrame && (this.#loading === url || url === this.getURL())) return false;
    let refused = false;
    this.emit('will-frame-navigate', { url, isMainFrame, preventDefault: () => (refused = true) });
    return refused;
  }

  #startNavigation(url: string, isSameDocument: boolean): void {
    this.emit('did-start-navigation', { url, isMainFrame: true, isSameDocument });
  }

  #post(message: object): void {
    if (this.#world === null || !this.#devtools) {
      this.#waiting.push(message);
      return;
    }
    const sent = this.#devtools.send('Runtime.callFunctionOn', {
      executionContextId: this.#world,
      functionDeclaration: 'message => globalThis.__receive(message)',
      arguments: [{ value: JSON.stringify(message) }],
    });
    // The page navigated or closed meanwhile: as in Electron, the message is lost with it.
    sent.catch(() => undefined);
  }

  #posted({ kind, id, channel, values = [], error }: Posted): void {
    if (kind === 'preload-failed') tell('preload-failed', { error });
    const event = { sender: this, senderFrame: { url: this.getURL(), parent: null } };
    const decoded = decode(values) as unknown[];
    if (kind === 'send') ipcMain.emit(channel, event, ...decoded);
    if (kind !== 'invoke') return;
    ipcMain.invoke(channel, event, decoded).then(
      (value) => this.#post({ kind: 'answer', id, value: encode(value) }),
      (cause: unknown) =>
        this.#post({ kind: 'answer', id, error: `Error invoking remote method '${channel}': ${cause}` }),
    );
  }
}
