/** What a page asks of the desktop itself: its settings, and the system's dialogs. */
import { type BrowserWindow, dialog, type OpenDialogOptions } from 'electron';
import type { DesktopSettings } from '../vmm/contract/bridge.ts';
import { MvmError } from '../vmm/contract/errors.ts';
import type { LoginItem } from './autostart.ts';
import type { DesktopRequest } from './channels.ts';
import { type CommandLink, commandLink, linkPlaces } from './cli-link.ts';
import { checkChange, type KeptSettings, keep, readKept } from './desktop-settings.ts';
import type { Log } from './log.ts';
import { loginItem } from './login-item.ts';
import { windowsPath } from './windows-path.ts';

export interface DesktopRequestsOptions {
  /** keeps what the person chose */
  file: string;
  userHome: string;
  /** what `mvm` on PATH leads to */
  command: string;
  /** what starts the app */
  program: string;
  log: Log;
  takeEffect: {
    theme(theme: DesktopSettings['theme']): void;
    /** false when another program has these keys */
    launcherKeys(keys: string): boolean;
    updates(channel: DesktopSettings['updates']): void;
  };
}

const DIALOGS: Record<'archive' | 'folder', OpenDialogOptions> = {
  archive: {
    title: 'Import an image',
    properties: ['openFile'],
    filters: [
      { name: 'Image archives', extensions: ['tar', 'gz', 'tgz', 'zst', 'oci'] },
      { name: 'All files', extensions: ['*'] },
    ],
  },
  folder: { title: 'Import an OCI layout', properties: ['openDirectory'] },
};

export class DesktopRequests {
  readonly #options: DesktopRequestsOptions;
  readonly #login: LoginItem;
  #link: CommandLink | null = null;
  #kept: KeptSettings;

  constructor(options: DesktopRequestsOptions) {
    this.#options = options;
    this.#kept = readKept(options.file);
    this.#login = loginItem({
      platform: process.platform,
      env: process.env,
      home: options.userHome,
      program: options.program,
    });
  }

  get kept(): KeptSettings {
    return this.#kept;
  }

  /** What was chosen earlier takes effect. */
  async begin(): Promise<void> {
    const { command, userHome, log, takeEffect } = this.#options;
    this.#renewLogin();
    takeEffect.theme(this.#kept.theme);
    if (!takeEffect.launcherKeys(this.#kept.launcherKeys)) log.line('another program has the keys of the launcher');
    takeEffect.updates(this.#kept.updates);
    this.#link =
      process.platform === 'win32'
        ? await windowsPath(command)
        : commandLink(linkPlaces(process.platform, userHome), command, process.env);
  }

  /** What the desktop starts at the login may be stale or not ours to write: that keeps nobody from the app. */
  #renewLogin(): void {
    try {
      this.#login.renew();
    } catch (error) {
      this.#options.log.line(`what starts at the login stays as it was: ${(error as Error).message}`);
    }
  }

  async answer(window: BrowserWindow | null, request: unknown): Promise<unknown> {
    const asked = request as DesktopRequest;
    switch (asked?.type) {
      case 'settings':
        return this.#settings();
      case 'change':
        return this.#change(checkChange(asked.change));
      case 'choose':
        return this.#choose(window, asked.what);
      default:
        throw new MvmError('bridge.invalid', 'the desktop is not asked for that');
    }
  }

  #settings(): DesktopSettings {
    return { ...this.#kept, startAtLogin: this.#login.get(), commandLine: this.#link?.get() ?? false };
  }

  async #change({ startAtLogin, commandLine, ...kept }: Partial<DesktopSettings>): Promise<DesktopSettings> {
    const { file, takeEffect } = this.#options;
    if (kept.launcherKeys !== undefined && !takeEffect.launcherKeys(kept.launcherKeys)) {
      takeEffect.launcherKeys(this.#kept.launcherKeys);
      throw new MvmError('desktop.keys-taken', `another program has ${kept.launcherKeys}`, {
        hint: 'Choose other keys.',
      });
    }
    this.#kept = { ...this.#kept, ...kept };
    keep(file, this.#kept);
    if (kept.theme !== undefined) takeEffect.theme(kept.theme);
    if (kept.updates !== undefined) takeEffect.updates(kept.updates);
    if (startAtLogin !== undefined) this.#login.set(startAtLogin);
    if (commandLine !== undefined) await this.#link?.set(commandLine);
    return this.#settings();
  }

  async #choose(window: BrowserWindow | null, what: unknown): Promise<string | null> {
    if (what !== 'archive' && what !== 'folder') throw new MvmError('bridge.invalid', 'there is no such dialog');
    const options = DIALOGS[what];
    const chosen = window ? await dialog.showOpenDialog(window, options) : await dialog.showOpenDialog(options);
    return chosen.filePaths[0] ?? null;
  }
}
