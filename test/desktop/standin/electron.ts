/**
 * Stands for Electron's main-process module: windows are pages of a real Chromium, driven over its DevTools protocol,
 * and what belongs to a desktop (tray, menus, dialogs) is modelled, recorded and driven by the test.
 *
 * It shows what our code does with Electron's interface. It does not show native windows, Chromium's sandbox around
 * a page, fuses or the loading of an asar.
 */
import './control.ts';

export { app } from './app.ts';
export {
  clipboard,
  dialog,
  globalShortcut,
  Menu,
  MenuItem,
  Notification,
  nativeImage,
  nativeTheme,
  screen,
  shell,
  Tray,
} from './desktop.ts';
export { ipcMain } from './ipc.ts';
export { protocol } from './protocol.ts';
export { session } from './session.ts';
export { BrowserWindow } from './window.ts';
