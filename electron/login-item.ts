/** The app, without its window, when the person logs in. */
import { join } from 'node:path';
import { app } from 'electron';
import { autostart, HIDDEN, type LoginItem } from './autostart.ts';

export interface LoginItemOptions {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  home: string;
  /** what starts the app */
  program: string;
}

export function loginItem({ platform, env, home, program }: LoginItemOptions): LoginItem {
  if (platform === 'linux') return autostart(join(env.XDG_CONFIG_HOME || join(home, '.config'), 'autostart'), program);
  return {
    get: () => app.getLoginItemSettings({ args: [HIDDEN] }).openAtLogin,
    set: (on) => app.setLoginItemSettings({ openAtLogin: on, args: [HIDDEN] }),
    renew: () => undefined,
  };
}
