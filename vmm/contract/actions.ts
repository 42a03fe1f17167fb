/**
 * Every action of the window, once: the menu, the palette, buttons, tooltips and the list of keys all read this table.
 * What an action does, and whether it makes sense now, its view knows.
 */
export interface Action {
  title: string;
  /** `Mod` is ⌘ on macOS and Ctrl elsewhere */
  keys?: string;
  /** what it acts on: the app, or what is chosen in the window */
  on: 'app' | 'machine' | 'image';
  menu: MenuName;
}

export type MenuName = 'file' | 'machine' | 'view' | 'help';

const table = {
  run: { title: 'Run…', keys: 'Mod+N', on: 'app', menu: 'file' },
  'import-image': { title: 'Import image…', keys: 'Mod+O', on: 'app', menu: 'file' },
  shell: { title: 'New shell', keys: 'Mod+Shift+T', on: 'app', menu: 'file' },
  settings: { title: 'Settings…', keys: 'Mod+,', on: 'app', menu: 'file' },

  start: { title: 'Start', on: 'machine', menu: 'machine' },
  stop: { title: 'Stop', keys: 'Mod+.', on: 'machine', menu: 'machine' },
  restart: { title: 'Restart', on: 'machine', menu: 'machine' },
  pause: { title: 'Pause', keys: 'Mod+P', on: 'machine', menu: 'machine' },
  resume: { title: 'Resume', on: 'machine', menu: 'machine' },
  terminal: { title: 'New terminal', keys: 'Mod+T', on: 'machine', menu: 'machine' },
  console: { title: 'Console', on: 'machine', menu: 'machine' },
  logs: { title: 'Logs', on: 'machine', menu: 'machine' },
  inspect: { title: 'Inspect', keys: 'Mod+I', on: 'machine', menu: 'machine' },
  rename: { title: 'Rename…', on: 'machine', menu: 'machine' },
  remove: { title: 'Remove…', keys: 'Mod+Backspace', on: 'machine', menu: 'machine' },
  'run-image': { title: 'Run image…', on: 'image', menu: 'machine' },
  'pin-image': { title: 'Pin image to the tray', on: 'image', menu: 'machine' },
  'remove-image': { title: 'Remove image…', on: 'image', menu: 'machine' },

  palette: { title: 'Command palette', keys: 'Mod+K', on: 'app', menu: 'view' },
  machines: { title: 'Machines', keys: 'Mod+1', on: 'app', menu: 'view' },
  images: { title: 'Images', keys: 'Mod+2', on: 'app', menu: 'view' },
  find: { title: 'Find', keys: 'Mod+F', on: 'app', menu: 'view' },

  keys: { title: 'Keyboard shortcuts', keys: 'Mod+/', on: 'app', menu: 'help' },
  doctor: { title: 'Doctor', on: 'app', menu: 'help' },
} as const satisfies Record<string, Action>;

export type ActionId = keyof typeof table;

export const actions: Record<ActionId, Action> = table;

export const actionIds = Object.keys(table) as ActionId[];
