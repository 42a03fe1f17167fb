/**
 * freedesktop.org's Desktop Application Autostart: a file in a folder. It is also the desktop's, whose own settings turn
 * it off within the file, and the person's, who may have added to it.
 */
import { mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeWhole } from './saved.ts';

/** Starts the app with its tray alone. */
export const HIDDEN = '--hidden';

export interface LoginItem {
  get(): boolean;
  set(on: boolean): void;
  /** An app that was moved since then starts from where it is now. */
  renew(): void;
}

export function autostart(folder: string, program: string): LoginItem {
  const file = join(folder, 'mvm.desktop');
  return {
    get: () => isOn(read(file)),
    set(on) {
      if (!on) return rmSync(file, { force: true });
      mkdirSync(dirname(file), { recursive: true });
      writeWhole(file, entry(program), MODE);
    },
    renew() {
      const text = read(file);
      const renewed = text?.replace(/^Exec *=.*/m, () => execLine(program));
      // Behind a link, as keepers of dotfiles make it: that stays one.
      if (renewed && renewed !== text) writeWhole(realpathSync(file), renewed, MODE);
    },
  };
}

const MODE = 0o644;

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not there, or nothing that the desktop can read either: it starts nothing.
    return null;
  }
}

/** `Hidden` says that it is as good as removed; GNOME and MATE have words of their own. */
const isOn = (text: string | null): boolean =>
  text !== null && !/^(Hidden *= *true|X-(GNOME|MATE)-Autostart-enabled *= *false)\s*$/m.test(text);

const entry = (program: string): string => `[Desktop Entry]
Type=Application
Name=mvm
Comment=Machines in the tray
${execLine(program)}
X-GNOME-Autostart-enabled=true
`;

/** The Exec key quotes a word with `"`, and within it escapes these (Desktop Entry Specification, "The Exec key"). */
const execLine = (program: string): string =>
  `Exec="${program
    .replace(/(["`$\\])/g, '\\$1')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')}" ${HIDDEN}`;
