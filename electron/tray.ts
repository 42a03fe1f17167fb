/** The tray's icon and menu; it is there with no window open. */
import { join } from 'node:path';
import { Menu, nativeImage, Tray } from 'electron';
import { toTemplate } from './app-menu.ts';
import type { Deed } from './deeds.ts';
import type { Platform } from './platform.ts';
import { type TrayView, trayMenu } from './tray-menu.ts';

export interface TrayOptions {
  icons: string;
  platform: Platform;
  perform(deed: Deed): void;
}

export class AppTray {
  readonly #options: TrayOptions;
  readonly #tray: Tray;
  #shown = '';

  constructor(options: TrayOptions) {
    const { icons, platform, perform } = options;
    this.#options = options;
    // An icon that is not there leaves an empty place that still has its menu.
    this.#tray = new Tray(nativeImage.createFromPath(join(icons, platform.trayIcon)));
    this.#tray.setToolTip('mvm');
    if (platform.trayClickOpens) this.#tray.on('click', () => perform({ type: 'open' }));
  }

  /** On Linux a menu that is set anew closes the one that is open: only when it says something else. */
  show(view: TrayView): void {
    const entries = trayMenu(view, this.#options.platform);
    const text = JSON.stringify(entries);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#tray.setContextMenu(Menu.buildFromTemplate(toTemplate(entries, this.#options.perform)));
  }
}
