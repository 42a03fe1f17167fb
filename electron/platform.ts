/** What differs between the systems of a desktop, as data. */
import type { BrowserWindowConstructorOptions } from 'electron';
import type { Bridge } from '../vmm/contract/bridge.ts';

export interface Platform {
  name: Exclude<Bridge['platform'], 'browser'>;
  /** the page draws the title bar; the system draws its buttons into it */
  frame: BrowserWindowConstructorOptions;
  /** their colours follow the theme */
  hasOverlay: boolean;
  trayIcon: string;
  /** a click on the tray's icon opens the window; elsewhere it shows the menu */
  trayClickOpens: boolean;
  /** an `&` in a menu's label marks a key */
  menuHasMnemonics: boolean;
  /** the app's own menu comes first, and holds its settings and its end */
  hasAppMenu: boolean;
}

/** The height of every pane's upper edge, which is the title bar. */
const TITLE_BAR = 44;

const platforms: Record<Platform['name'], Platform> = {
  mac: {
    name: 'mac',
    frame: { titleBarStyle: 'hidden', trafficLightPosition: { x: 16, y: 16 } },
    hasOverlay: false,
    trayIcon: 'trayTemplate.png',
    trayClickOpens: false,
    menuHasMnemonics: false,
    hasAppMenu: true,
  },
  windows: {
    name: 'windows',
    frame: { titleBarStyle: 'hidden' },
    hasOverlay: true,
    trayIcon: 'tray.ico',
    trayClickOpens: true,
    menuHasMnemonics: true,
    hasAppMenu: false,
  },
  linux: {
    name: 'linux',
    frame: { titleBarStyle: 'hidden' },
    hasOverlay: true,
    trayIcon: 'tray.png',
    trayClickOpens: false,
    menuHasMnemonics: true,
    hasAppMenu: false,
  },
};

export function platformOf(node: NodeJS.Platform): Platform {
  if (node === 'darwin') return platforms.mac;
  return node === 'win32' ? platforms.windows : platforms.linux;
}

/** The colours of the look that native parts share with the page. */
export const colours = {
  light: { surface: '#ffffff', muted: '#475154' },
  dark: { surface: '#16191a', muted: '#acb5b6' },
};

export const overlayOf = (dark: boolean): { color: string; symbolColor: string; height: number } => {
  const { surface, muted } = dark ? colours.dark : colours.light;
  return { color: surface, symbolColor: muted, height: TITLE_BAR };
};
