/** The app, without its window, when the person logs in. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { app } from 'electron';

export interface LoginItem {
  get(): boolean;
  set(on: boolean): void;
}

/** Starts it with its tray alone. */
export const HIDDEN = '--hidden';

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
  };
}

/** freedesktop.org's Desktop Application Autostart: a file in a folder. */
function autostart(folder: string, program: string): LoginItem {
  const file = join(folder, 'mvm.desktop');
  return {
    get: () => existsSync(file),
    set(on) {
      if (!on) return rmSync(file, { force: true });
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, entry(program));
    },
  };
}

/** The Exec key quotes a word with `"`, and within it escapes these (Desktop Entry Specification, "The Exec key"). */
const entry = (program: string): string => `[Desktop Entry]
Type=Application
Name=mvm
Comment=Machines in the tray
Exec="${program
  .replace(/(["`$\\])/g, '\\$1')
  .replaceAll('\\', '\\\\')
  .replaceAll('%', '%%')}" ${HIDDEN}
X-GNOME-Autostart-enabled=true
`;
