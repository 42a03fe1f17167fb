/** New versions, from the channel that the person chose; nothing is asked for before. */
import { app } from 'electron';
import type { DesktopSettings } from '../vmm/contract/bridge.ts';
import type { Log } from './log.ts';

export interface Updates {
  follow(channel: DesktopSettings['updates']): Promise<void>;
}

const DAY_MS = 86_400_000;

/** electron-updater's names: `latest` is what a release is called that is no preview. */
const CHANNELS = { stable: 'latest', preview: 'beta' } as const;

export function updates(log: Log, ready: (version: string) => void): Updates {
  let timer: NodeJS.Timeout | null = null;
  return {
    async follow(channel) {
      if (timer) clearInterval(timer);
      timer = null;
      if (channel === null) return;
      if (!app.isPackaged) return log.line('a checkout is not updated: git pull does it');
      const check = await updater(CHANNELS[channel], log, ready);
      timer = setInterval(check, DAY_MS);
      check();
    },
  };
}

/** Loaded when it is asked for: a second's work that most starts need not do. */
async function updater(channel: string, log: Log, ready: (version: string) => void): Promise<() => void> {
  const { autoUpdater } = (await import('electron-updater')).default;
  autoUpdater.logger = null;
  autoUpdater.channel = channel;
  autoUpdater.allowDowngrade = false;
  autoUpdater.autoInstallOnAppQuit = true;
  const failed = (error: Error): void => log.line(`there is no word on updates: ${error.message.split('\n')[0]}`);
  autoUpdater.removeAllListeners();
  autoUpdater.on('error', failed);
  autoUpdater.on('update-downloaded', ({ version }) => ready(version));
  // What it rejects with, it has told its listener as well.
  return () => void autoUpdater.checkForUpdates().catch(() => undefined);
}
