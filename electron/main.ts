/** The desktop app: one instance for a user, its tray, and windows when they are asked for. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { app } from 'electron';
import { homeFolder, homePaths } from '../vmm/paths.ts';
import { appImageOf, type KeptParts, keepParts, outsideOf } from './app-image.ts';
import { HIDDEN } from './autostart.ts';
import { linkAmong } from './deep-link.ts';
import { DesktopApp } from './desktop-app.ts';
import { findLayout } from './layout.ts';
import { type Log, openLog } from './log.ts';
import { registerScheme } from './page.ts';

if (app.requestSingleInstanceLock()) run();
// The first instance got the words of this one, and does what they say.
else app.exit(0);

function run(): void {
  const home = homeFolder(process.env);
  const log = openLog(homePaths(home).desktopLog);
  process.on('uncaughtException', (error) => log.line(`a mistake in mvm: ${error.stack}`));
  process.on('unhandledRejection', (error) => log.line(`a mistake in mvm: ${(error as Error)?.stack ?? error}`));

  app.enableSandbox();
  registerScheme();
  if (app.isPackaged) app.setAsDefaultProtocolClient('mvm');

  const desktop = app.whenReady().then(async () => {
    const appImage = appImageOf(process.env, process.resourcesPath);
    const layout = findLayout({
      isPackaged: app.isPackaged,
      appPath: app.getAppPath(),
      resourcesPath: process.resourcesPath,
      platform: process.platform,
      env: process.env,
      kept: appImage === null ? null : await keepAppImage(appImage, log),
    });
    return DesktopApp.start({
      layout,
      log,
      version: app.getVersion(),
      userData: app.getPath('userData'),
      userHome: homedir(),
      program: appImage ?? process.execPath,
      service: { home, entry: layout.service, runtime: layout.runtime, env: outsideOf(process.env) },
    });
  });
  /** Opens the window, where the words hold a link at what it leads to. */
  const open = (argv: readonly string[]): void => {
    const link = linkAmong(argv);
    void desktop.then((started) => (link ? started.follow(link) : started.show()));
  };

  app.on('second-instance', (_event, argv) => open(argv));
  app.on('activate', () => open([]));
  // macOS brings links so, and before the app is ready too.
  app.on('open-url', (event, link) => {
    event.preventDefault();
    open([link]);
  });
  // The tray stays, and the app with it.
  app.on('window-all-closed', () => undefined);
  if (!process.argv.includes(HIDDEN)) open(process.argv);
  void desktop.catch((error: Error) => {
    log.line(`the app cannot start: ${error.stack}`);
    app.exit(1);
  });
}

/** null when they cannot be copied: then what runs ends with the app, and the log says why. */
async function keepAppImage(appImage: string, log: Log): Promise<KeptParts | null> {
  const data = process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  try {
    return await keepParts({ appImage, mounted: join(process.resourcesPath, 'mvm'), place: join(data, 'mvm-parts') });
  } catch (error) {
    log.line(`the parts of ${appImage} cannot be kept: ${(error as Error).message}`);
    return null;
  }
}
