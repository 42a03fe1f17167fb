/** The pieces of a desktop: modelled as far as the app uses them, told to the test, driven by it. */
import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { tell } from './record.ts';

export interface Template {
  id?: string;
  label?: string;
  type?: string;
  role?: string;
  enabled?: boolean;
  accelerator?: string;
  submenu?: Template[] | Menu;
  click?(item: MenuItem): void;
}

export class MenuItem {
  readonly id: string | undefined;
  readonly label: string;
  readonly type: string;
  readonly role: string | undefined;
  readonly accelerator: string | undefined;
  readonly submenu: Menu | undefined;
  readonly click: Template['click'];
  enabled: boolean;

  constructor({ id, label, type, role, enabled = true, accelerator, submenu, click }: Template) {
    this.id = id;
    this.role = role;
    this.label = label ?? role ?? '';
    this.type = type ?? (submenu ? 'submenu' : 'normal');
    this.enabled = enabled;
    this.accelerator = accelerator;
    this.submenu = Array.isArray(submenu) ? Menu.buildFromTemplate(submenu) : submenu;
    this.click = click;
  }
}

export class Menu extends EventEmitter {
  static application: Menu | null = null;
  readonly items: MenuItem[] = [];

  static buildFromTemplate(template: Template[]): Menu {
    const menu = new Menu();
    for (const each of template) menu.items.push(new MenuItem(each));
    return menu;
  }

  static setApplicationMenu(menu: Menu | null): void {
    Menu.application = menu;
  }
}

export class Tray extends EventEmitter {
  static readonly all: Tray[] = [];
  menu: Menu | null = null;
  tip = '';

  constructor(image: unknown) {
    super();
    if (image === undefined) throw new TypeError('a tray needs an image');
    Tray.all.push(this);
  }

  setContextMenu(menu: Menu): void {
    this.menu = menu;
    tell('tray-menu', { labels: menu.items.map(({ label }) => label) });
  }

  setToolTip(tip: string): void {
    this.tip = tip;
  }
}

export class Notification extends EventEmitter {
  static readonly shown: Notification[] = [];
  readonly title: string;
  readonly body: string;

  constructor({ title, body }: { title: string; body: string }) {
    super();
    this.title = title;
    this.body = body;
  }

  static isSupported(): boolean {
    return true;
  }

  show(): void {
    Notification.shown.push(this);
    tell('notification', { title: this.title, body: this.body });
  }
}

/** What the person will choose in the next dialogs. */
export const choices: string[][] = [];

export const dialog = {
  async showOpenDialog(...words: unknown[]): Promise<{ canceled: boolean; filePaths: string[] }> {
    tell('dialog', { options: words.at(-1) });
    const filePaths = choices.shift();
    if (!filePaths) throw new Error('no test expected this dialog');
    return { canceled: filePaths.length === 0, filePaths };
  },
  async showSaveDialog(...words: unknown[]): Promise<{ canceled: boolean; filePath: string }> {
    const { canceled, filePaths } = await dialog.showOpenDialog(...words);
    return { canceled, filePath: filePaths[0] ?? '' };
  },
};

export const shell = {
  async openExternal(address: string): Promise<void> {
    tell('open-external', { address });
  },
};

class NativeTheme extends EventEmitter {
  #source: 'system' | 'light' | 'dark' = 'system';
  systemIsDark = false;

  get themeSource() {
    return this.#source;
  }

  set themeSource(source) {
    this.#source = source;
    this.emit('updated');
  }

  get shouldUseDarkColors(): boolean {
    return this.#source === 'system' ? this.systemIsDark : this.#source === 'dark';
  }
}

export const nativeTheme = new NativeTheme();

export const nativeImage = {
  createFromPath: (path: string) => ({ isEmpty: () => !existsSync(path) }),
};

const displays = [{ id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } }];

export const screen = Object.assign(new EventEmitter(), { getAllDisplays: () => displays });

export const shortcuts = new Map<string, () => void>();

/** Keys that another program has. */
const TAKEN = new Set(['Control+Alt+Delete']);

export const globalShortcut = {
  register(keys: string, press: () => void): boolean {
    if (TAKEN.has(keys) || shortcuts.has(keys)) return false;
    shortcuts.set(keys, press);
    return true;
  },
  unregisterAll: () => shortcuts.clear(),
};

let copied = '';
export const clipboard = {
  writeText(text: string): void {
    copied = text;
  },
  readText: () => copied,
};
