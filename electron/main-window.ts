/** The window with the machines: where it stood is where it stands again. */
import { type BrowserWindow, nativeTheme, screen } from 'electron';
import { AppWindow } from './app-window.ts';
import { colours, overlayOf, type Platform } from './platform.ts';
import { readSaved, save } from './saved.ts';
import { FIRST_PLACE, LEAST_SIZE, placeOn, readPlace, type WindowPlace } from './window-place.ts';

export interface MainWindowOptions {
  preload: string;
  platform: Platform;
  version: string;
  /** the file that keeps its place */
  placeFile: string;
  changed(): void;
}

/** A window that is being dragged tells its place often, ms. */
const SETTLED_MS = 400;

export function mainWindow({ preload, platform, version, placeFile, changed }: MainWindowOptions): AppWindow {
  let place = readPlace(readSaved(placeFile) ?? FIRST_PLACE);

  const main = new AppWindow({
    route: '/machines',
    preload,
    platform,
    version,
    changed,
    look: () => ({
      title: 'mvm',
      ...placeOn(
        place.bounds,
        screen.getAllDisplays().map(({ workArea }) => workArea),
      ),
      minWidth: LEAST_SIZE.width,
      minHeight: LEAST_SIZE.height,
      backgroundColor: (nativeTheme.shouldUseDarkColors ? colours.dark : colours.light).surface,
      ...platform.frame,
      ...(platform.hasOverlay && { titleBarOverlay: overlayOf(nativeTheme.shouldUseDarkColors) }),
    }),
    opened(window) {
      if (place.maximized) window.maximize();
      keepPlace(window, (changedPlace) => {
        place = changedPlace;
        save(placeFile, place);
      });
    },
  });
  nativeTheme.on('updated', () => {
    if (platform.hasOverlay) main.window?.setTitleBarOverlay(overlayOf(nativeTheme.shouldUseDarkColors));
  });
  return main;
}

/** The place it has when it is not maximised is kept beside that it is. */
function keepPlace(window: BrowserWindow, keep: (place: WindowPlace) => void): void {
  let timer: NodeJS.Timeout | null = null;
  const now = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    keep({ bounds: window.getNormalBounds(), maximized: window.isMaximized() });
  };
  const soon = (): void => {
    timer ??= setTimeout(now, SETTLED_MS);
  };
  window.on('resize', soon).on('move', soon).on('maximize', soon).on('unmaximize', soon);
  window.on('close', now);
  window.on('closed', () => timer && clearTimeout(timer));
}
