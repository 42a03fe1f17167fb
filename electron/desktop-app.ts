/** Puts the app's parts together: what the service tells goes to tray, menu and notifications, what they ask is done. */

import { join } from 'node:path';
import { app, BrowserWindow, Menu, Notification, nativeTheme, type WebContents } from 'electron';
import type { ServiceOptions } from '../vmm/client/connect.ts';
import { type ActionId, actionIds } from '../vmm/contract/actions.ts';
import type { WindowCommand } from '../vmm/contract/bridge.ts';
import { toBody } from '../vmm/contract/errors.ts';
import { isLive } from '../vmm/contract/live.ts';
import { appMenu } from './app-menu.ts';
import type { AppWindow } from './app-window.ts';
import { Bridge } from './bridge.ts';
import { type Deed, type Doer, perform } from './deeds.ts';
import { readDeepLink } from './deep-link.ts';
import type { Desk } from './desk.ts';
import { DesktopRequests } from './desktop-requests.ts';

import { guardPages } from './guard.ts';
import { bindKeys, launcherWindow } from './launcher.ts';
import type { Layout } from './layout.ts';
import type { Log } from './log.ts';
import { mainWindow } from './main-window.ts';
import { noticeOf } from './notices.ts';
import { servePage } from './page.ts';
import { type Platform, platformOf } from './platform.ts';
import { ServiceWatch } from './service-watch.ts';
import { AppTray } from './tray.ts';
import { updates } from './updates.ts';

export interface DesktopAppOptions {
  layout: Layout;
  log: Log;
  version: string;
  /** the app's own folder */
  userData: string;
  userHome: string;
  /** what starts the app */
  program: string;
  service: ServiceOptions;
}

export class DesktopApp {
  readonly #options: DesktopAppOptions;
  readonly #platform: Platform;
  readonly #watch: ServiceWatch;
  readonly #bridge: Bridge;
  readonly #main: AppWindow;
  readonly #launcher: AppWindow;
  readonly #tray: AppTray;
  readonly #requests: DesktopRequests;
  #offered: ReadonlySet<ActionId> | null = null;
  #drawing: NodeJS.Timeout | null = null;
  #menuShown = '';

  static async start(options: DesktopAppOptions): Promise<DesktopApp> {
    const started = new DesktopApp(options);
    await started.#requests.begin();
    void started.#watch.run();
    return started;
  }

  private constructor(options: DesktopAppOptions) {
    const { layout, log, version, userData, userHome, program, service } = options;
    this.#options = options;
    this.#platform = platformOf(process.platform);
    const act = (deed: Deed): void => void perform(deed, this.#doer);
    const windows = { preload: layout.preload, platform: this.#platform, version };

    guardPages(log);
    servePage(layout.renderer, log);
    this.#main = mainWindow({
      ...windows,
      placeFile: join(userData, 'window.json'),
      changed: () => this.#main.window || this.#offer(null),
    });
    this.#launcher = launcherWindow(windows);
    this.#tray = new AppTray({ icons: layout.icons, platform: this.#platform, perform: act });
    this.#watch = new ServiceWatch({
      service,
      log,
      onChange: (desk, before, event) => {
        const notice = event && noticeOf(event, before, this.#main.shown);
        if (notice) this.#notify(notice.title, notice.body, { type: 'show', machine: notice.machine });
        if (desk !== before) this.#draw();
      },
    });
    const newer = updates(log, (found) =>
      this.#notify(`mvm ${found} is ready`, 'Click to restart mvm with it. Machines run on.', { type: 'restart-app' }),
    );
    this.#requests = new DesktopRequests({
      file: join(userData, 'settings.json'),
      userHome,
      command: layout.command,
      program,
      log,
      takeEffect: {
        theme: (theme) => {
          nativeTheme.themeSource = theme;
        },
        launcherKeys: (keys) => {
          const bound = bindKeys(keys, () => act({ type: 'launcher' }));
          this.#draw();
          return bound;
        },
        updates: (channel) => void newer.follow(channel),
      },
    });
    this.#bridge = new Bridge({
      service,
      log,
      desktop: (page, request) => this.#requests.answer(BrowserWindow.fromWebContents(page), request),
      listening: (page) => this.#windowOf(page)?.listening(),
      offer: (page, actions) => this.#main.has(page) && this.#offer(knownActions(actions)),
      dismiss: (page) => this.#launcher.has(page) && this.#launcher.hide(),
    });
    this.#drawNow();
    app.on('before-quit', () => this.#watch.end());
  }

  show(command?: WindowCommand): void {
    if (command) this.#main.tell(command);
    this.#main.show();
  }

  /** Leads somewhere, or nowhere: it starts nothing. */
  follow(link: string): void {
    const command = readDeepLink(link);
    if (!command) this.#options.log.line(`refused the link ${link.slice(0, 500)}`);
    this.show(command ?? undefined);
  }

  get #doer(): Doer {
    return {
      service: this.#options.service,
      machines: () => this.#watch.desk.machines,
      window: (command) => this.show(command),
      launcher: (command) => {
        if (command) this.#launcher.tell(command);
        this.#launcher.show();
      },
      quit: () => app.quit(),
      restart: () => {
        app.relaunch({ execPath: this.#options.program });
        app.quit();
      },
      failed: (what, error) => {
        const { message } = toBody(error);
        this.#options.log.line(`${what}: ${message}`);
        this.#notify(what, message, { type: 'open' });
      },
    };
  }

  #windowOf(page: WebContents): AppWindow | null {
    return [this.#main, this.#launcher].find((each) => each.has(page)) ?? null;
  }

  #offer(actions: ReadonlySet<ActionId> | null): void {
    this.#offered = actions;
    this.#draw();
  }

  /** Soon: a start alone is five events. */
  #draw(): void {
    this.#drawing ??= setTimeout(() => this.#drawNow(), DRAW_MS);
  }

  #drawNow(): void {
    this.#drawing = null;
    const { desk } = this.#watch;
    const { programs } = this.#bridge;
    this.#tray.show({ desk, programs, launcherKeys: this.#requests.kept.launcherKeys });
    this.#drawMenu(desk, programs);
  }

  #drawMenu({ machines }: Desk, programs: number): void {
    const view = { offered: this.#offered, live: machines.filter(({ state }) => isLive(state)).length, programs };
    const template = appMenu(view, this.#platform, (deed) => void perform(deed, this.#doer));
    const text = JSON.stringify(template);
    if (text === this.#menuShown) return;
    this.#menuShown = text;
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  #notify(title: string, body: string, click: Deed): void {
    if (!Notification.isSupported()) return;
    const notification = new Notification({ title, body });
    notification.on('click', () => void perform(click, this.#doer));
    notification.show();
  }
}

const DRAW_MS = 50;

/** What a page names that this version does not know is left out. */
const knownActions = (offered: unknown): ReadonlySet<ActionId> =>
  new Set(Array.isArray(offered) ? actionIds.filter((id) => offered.includes(id)) : []);
