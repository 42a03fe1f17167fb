/**
 * Every action of the window, once: the menu, the palette, buttons, tooltips and the list of keys all read this table.
 * What an action does, and whether it makes sense now, its view knows.
 */
export interface Action {
  title: string;
  /** `Mod` is ⌘ on macOS and Ctrl elsewhere */
  keys?: string;
  /** in a browser, which keeps `keys` for itself */
  browserKeys?: string;
  /** what it acts on: the app, or what is chosen in the window */
  on: 'app' | 'machine' | 'image' | 'terminal';
  menu: MenuName;
  icon: string;
}

export type MenuName = 'file' | 'machine' | 'view' | 'help';

const table = {
  run: { title: 'Run…', keys: 'Mod+N', browserKeys: 'Alt+N', on: 'app', menu: 'file', icon: 'play' },
  'import-image': { title: 'Import image…', keys: 'Mod+O', on: 'app', menu: 'file', icon: 'import' },
  shell: {
    title: 'New shell',
    keys: 'Mod+Shift+T',
    browserKeys: 'Alt+Shift+T',
    on: 'app',
    menu: 'file',
    icon: 'terminal',
  },
  'close-terminal': {
    title: 'Close terminal',
    keys: 'Mod+Shift+W',
    browserKeys: 'Alt+W',
    on: 'terminal',
    menu: 'file',
    icon: 'close',
  },
  settings: { title: 'Settings…', keys: 'Mod+,', on: 'app', menu: 'file', icon: 'settings' },

  start: { title: 'Start', on: 'machine', menu: 'machine', icon: 'play' },
  stop: { title: 'Stop', keys: 'Mod+.', on: 'machine', menu: 'machine', icon: 'stop' },
  restart: { title: 'Restart', on: 'machine', menu: 'machine', icon: 'restart' },
  pause: { title: 'Pause', keys: 'Mod+P', on: 'machine', menu: 'machine', icon: 'pause' },
  resume: { title: 'Resume', on: 'machine', menu: 'machine', icon: 'play' },
  kill: { title: 'Kill its program', on: 'machine', menu: 'machine', icon: 'alert' },
  terminal: {
    title: 'New terminal',
    keys: 'Mod+T',
    browserKeys: 'Alt+T',
    on: 'machine',
    menu: 'machine',
    icon: 'terminal',
  },
  console: { title: 'Console', on: 'machine', menu: 'machine', icon: 'console' },
  logs: { title: 'Logs', on: 'machine', menu: 'machine', icon: 'console' },
  files: { title: 'Files', on: 'machine', menu: 'machine', icon: 'folder' },
  inspect: { title: 'Inspect', keys: 'Mod+I', on: 'machine', menu: 'machine', icon: 'braces' },
  rename: { title: 'Rename…', keys: 'F2', on: 'machine', menu: 'machine', icon: 'pen' },
  'copy-id': { title: 'Copy its id', on: 'machine', menu: 'machine', icon: 'copy' },
  remove: { title: 'Remove…', keys: 'Mod+Backspace', on: 'machine', menu: 'machine', icon: 'trash' },
  'run-image': { title: 'Run image…', on: 'image', menu: 'machine', icon: 'play' },
  'pin-image': { title: 'Pin image to the tray', on: 'image', menu: 'machine', icon: 'pin' },
  'unpin-image': { title: 'Take image off the tray', on: 'image', menu: 'machine', icon: 'pin' },
  'copy-digest': { title: 'Copy its digest', on: 'image', menu: 'machine', icon: 'copy' },
  'remove-image': { title: 'Remove image…', on: 'image', menu: 'machine', icon: 'trash' },

  palette: { title: 'Command palette', keys: 'Mod+K', on: 'app', menu: 'view', icon: 'search' },
  machines: { title: 'Machines', keys: 'Mod+1', browserKeys: 'Alt+1', on: 'app', menu: 'view', icon: 'machines' },
  images: { title: 'Images', keys: 'Mod+2', browserKeys: 'Alt+2', on: 'app', menu: 'view', icon: 'images' },
  shells: { title: 'Shells', keys: 'Mod+3', browserKeys: 'Alt+3', on: 'app', menu: 'view', icon: 'terminal' },
  filter: { title: 'Filter the list', keys: '/', on: 'app', menu: 'view', icon: 'search' },
  find: { title: 'Find in the terminal', keys: 'Mod+F', on: 'terminal', menu: 'view', icon: 'search' },

  keys: { title: 'Keyboard shortcuts', keys: 'Mod+/', on: 'app', menu: 'help', icon: 'info' },
  doctor: { title: 'Check this computer', on: 'app', menu: 'help', icon: 'chip' },
} as const satisfies Record<string, Action>;

export type ActionId = keyof typeof table;

export const actions: Record<ActionId, Action> = table;

export const actionIds = Object.keys(table) as ActionId[];
