/** The test's hand on the desktop: clicks in menus and tray, answers dialogs, presses keys, looks at windows. */
import { app } from './app.ts';
import { choices, type Menu, Menu as Menus, Notification, nativeTheme, shortcuts, Tray } from './desktop.ts';
import { tell } from './record.ts';
import { session } from './session.ts';
import { windows } from './windows.ts';

export interface ShownItem {
  label: string;
  type: string;
  role?: string;
  enabled: boolean;
  accelerator?: string;
  submenu?: ShownItem[];
}

const acts = {
  windows: async () => {
    await Promise.all(windows.map(({ webContents }) => webContents.ready));
    return windows.map((window) => ({
      id: window.id,
      target: window.webContents.targetId,
      title: window.getTitle(),
      url: window.webContents.getURL(),
      visible: window.isVisible(),
      bounds: window.getBounds(),
      maximized: window.isMaximized(),
      overlay: window.overlay,
    }));
  },
  trayMenu: () => shown(Tray.all[0]?.menu ?? null),
  clickTray: (...path: string[]) => click(Tray.all[0]?.menu ?? null, path),
  appMenu: () => shown(Menus.application),
  clickMenu: (...path: string[]) => click(Menus.application, path),
  closeWindow: (id: number) => windowNamed(id).close(),
  placeWindow: (id: number, bounds: object) => windowNamed(id).setBounds(bounds),
  maximizeWindow: (id: number) => windowNamed(id).maximize(),
  /** as the app itself could, and as no page can */
  loadInWindow: (id: number, url: string) => windowNamed(id).loadURL(url),
  drop: (id: number, ...paths: string[]) => windowNamed(id).webContents.drop(paths),
  dropAt: (id: number, spot: { x: number; y: number }, ...paths: string[]) =>
    windowNamed(id).webContents.drop(paths, spot),
  /** of files that a person chooses in the page's own dialog */
  know: async (id: number, ...paths: string[]) => void (await windowNamed(id).webContents.know(paths)),
  clickNotification: (index: number) => void Notification.shown.at(index)?.emit('click'),
  choose: (...paths: string[]) => void choices.push(paths),
  press: (keys: string) => pressed(keys),
  makeSystemDark: (dark: boolean) => {
    nativeTheme.systemIsDark = dark;
    nativeTheme.emit('updated');
  },
  openLink: (link: string) => void app.emit('open-url', { preventDefault: () => undefined }, link),
  permission: (name: string) =>
    new Promise<boolean>((resolve) => session.defaultSession.onRequest?.(windows[0]?.webContents, name, resolve)),
  quit: () => app.quit(),
};

export type Acts = typeof acts;

process.on('message', async ({ id, act, words }: { id: number; act: keyof Acts; words: unknown[] }) => {
  try {
    const result = await (acts[act] as (...words: unknown[]) => unknown)(...words);
    tell('answer', { id, result: result ?? null });
  } catch (error) {
    tell('answer', { id, failure: String((error as Error)?.message ?? error) });
  }
});

function windowNamed(id: number) {
  const window = windows.find((each) => each.id === id);
  if (!window) throw new Error(`there is no window ${id}`);
  return window;
}

function pressed(keys: string): void {
  const press = shortcuts.get(keys);
  if (!press) throw new Error(`nobody listens to ${keys}`);
  press();
}

function click(menu: Menu | null, path: string[]): void {
  const [label, ...rest] = path;
  const item = menu?.items.find((each) => each.label === label);
  if (!item) throw new Error(`there is no '${label}' among ${menu?.items.map((each) => each.label).join(', ')}`);
  if (!item.enabled) throw new Error(`'${label}' is disabled`);
  if (rest.length > 0) click(item.submenu ?? null, rest);
  else item.click?.(item);
}

function shown(menu: Menu | null): ShownItem[] {
  return (menu?.items ?? []).map(({ label, type, role, enabled, accelerator, submenu }) => ({
    label,
    type,
    enabled,
    ...(role && { role }),
    ...(accelerator && { accelerator }),
    ...(submenu && { submenu: shown(submenu) }),
  }));
}
