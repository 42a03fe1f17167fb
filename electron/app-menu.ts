/** The application's menu, from the table of actions: pure. */
import type { MenuItemConstructorOptions } from 'electron';
import { type ActionId, actionIds, actions, type MenuName } from '../vmm/contract/actions.ts';
import type { Deed } from './deeds.ts';
import type { Platform } from './platform.ts';
import { leaving, type MenuEntry } from './tray-menu.ts';

export interface AppMenuView {
  /** the actions that make sense now; null while no page said so, when only those of the app do */
  offered: ReadonlySet<ActionId> | null;
  live: number;
  programs: number;
}

type Template = MenuItemConstructorOptions[];

export function appMenu(view: AppMenuView, platform: Platform, perform: (deed: Deed) => void): Template {
  const of = (menu: MenuName, leaveOut: ActionId[] = []): Template =>
    actionIds
      .filter((id) => actions[id].menu === menu && !leaveOut.includes(id))
      .map((id) => actionItem(id, view, perform));
  const quit = toTemplate(leaving(view.live, view.programs), perform).map(
    (item, index): MenuItemConstructorOptions => (index === 0 ? { ...item, accelerator: 'CommandOrControl+Q' } : item),
  );
  const line: MenuItemConstructorOptions = { type: 'separator' };
  const main: Template = platform.hasAppMenu
    ? [
        {
          label: 'mvm',
          submenu: [
            { role: 'about' },
            line,
            actionItem('settings', view, perform),
            line,
            { role: 'services' },
            line,
            { role: 'hide' },
            { role: 'hideOthers' },
            { role: 'unhide' },
            line,
            ...quit,
          ],
        },
        { label: 'File', submenu: [...of('file', ['settings']), line, { role: 'close' }] },
      ]
    : [{ label: 'File', submenu: [...of('file'), line, { role: 'close' }, ...quit] }];
  return [
    ...main,
    { role: 'editMenu' },
    { label: 'Machine', submenu: of('machine') },
    {
      label: 'View',
      submenu: [
        ...of('view'),
        line,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: of('help') },
  ];
}

function actionItem(id: ActionId, { offered }: AppMenuView, perform: (deed: Deed) => void): MenuItemConstructorOptions {
  const { title, keys, on } = actions[id];
  return {
    id,
    label: title,
    enabled: offered ? offered.has(id) : on === 'app',
    // The page hears the keys itself, where a terminal may want them.
    ...(keys && { accelerator: keys.replace('Mod', 'CommandOrControl'), registerAccelerator: false }),
    click: () => perform({ type: 'action', action: id }),
  };
}

export function toTemplate(entries: MenuEntry[], perform: (deed: Deed) => void): Template {
  return entries.map((entry): MenuItemConstructorOptions => {
    if (entry === 'line') return { type: 'separator' };
    if ('head' in entry) return { label: entry.head, enabled: false };
    if ('submenu' in entry) return { label: entry.label, submenu: toTemplate(entry.submenu, perform) };
    return {
      label: entry.label,
      enabled: entry.enabled ?? true,
      ...(entry.keys && { accelerator: entry.keys, registerAccelerator: false }),
      click: () => perform(entry.does),
    };
  });
}
