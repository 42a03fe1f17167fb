/** A small window that a global shortcut opens: an image or a recent command, its output and exit code in place. */
import { globalShortcut, nativeTheme } from 'electron';
import { AppWindow } from './app-window.ts';
import { colours, type Platform } from './platform.ts';

export interface LauncherOptions {
  preload: string;
  platform: Platform;
  version: string;
}

export function launcherWindow(options: LauncherOptions): AppWindow {
  return new AppWindow({
    ...options,
    route: '/launcher',
    look: () => ({
      title: 'mvm launcher',
      width: 680,
      height: 420,
      minWidth: 420,
      minHeight: 240,
      frame: false,
      alwaysOnTop: true,
      skipTaskbar: true,
      fullscreenable: false,
      backgroundColor: (nativeTheme.shouldUseDarkColors ? colours.dark : colours.light).surface,
    }),
  });
}

/** One shortcut at a time; false when another program has it. */
export function bindKeys(keys: string, open: () => void): boolean {
  globalShortcut.unregisterAll();
  return keys === '' || globalShortcut.register(keys, open);
}
