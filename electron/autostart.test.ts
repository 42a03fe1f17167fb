import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { autostart } from './autostart.ts';

const NOW = '/apps/$new/mvm 100%';
const EXEC = 'Exec="/apps/\\\\$new/mvm 100%%" --hidden';

/** As a desktop's own settings and a person leave it. */
const entry = (exec: string, ...more: string[]): string =>
  ['[Desktop Entry]', 'Type=Application', 'Name=mvm', exec, ...more, ''].join('\n');

function ground(text?: string) {
  const folder = join(mkdtempSync(join(tmpdir(), 'mvm-autostart-')), 'autostart');
  const file = join(folder, 'mvm.desktop');
  if (text !== undefined) {
    mkdirSync(folder);
    writeFileSync(file, text);
  }
  return { folder, file, login: autostart(folder, NOW), text: () => readFileSync(file, 'utf8') };
}

describe('the start at login', () => {
  it('is an entry for the desktop, and goes again', () => {
    const { file, login, text } = ground();
    login.renew();
    expect([login.get(), existsSync(file)]).toEqual([false, false]);
    login.set(true);
    expect(login.get()).toBe(true);
    expect(text().split('\n')).toContain(EXEC);
    login.set(false);
    expect([login.get(), existsSync(file)]).toEqual([false, false]);
  });

  it.each(['X-GNOME-Autostart-enabled=false', 'X-MATE-Autostart-enabled=false', 'Hidden=true'])(
    'is off when the desktop wrote %s, and stays off however often the app starts',
    (off) => {
      const { login, text } = ground(entry('Exec="/apps/old/mvm" --hidden', off));
      expect(login.get()).toBe(false);
      login.renew();
      expect(login.get()).toBe(false);
      expect(text()).toBe(entry(EXEC, off));
      login.set(true);
      expect(login.get()).toBe(true);
    },
  );

  it('follows an app that was moved, and leaves what a person added', () => {
    const added = ['X-GNOME-Autostart-Delay=10', '', '[Desktop Action ps]', 'Exec=mvm ps'];
    const { folder, login, text } = ground(entry('Exec="/apps/old/mvm" --hidden', ...added));
    login.renew();
    expect(text()).toBe(entry(EXEC, ...added));
    expect(readdirSync(folder)).toEqual(['mvm.desktop']);
  });

  it('is not written when it is right already', () => {
    const { file, login } = ground(entry(EXEC));
    const { ino, mtimeNs } = lstatSync(file, { bigint: true });
    login.renew();
    expect(lstatSync(file, { bigint: true })).toMatchObject({ ino, mtimeNs });
  });

  it('stays whole when it cannot be written, and a link where it was one', () => {
    const { file, login } = ground();
    mkdirSync(dirname(file));
    const kept = join(dirname(dirname(file)), 'kept');
    // Beside a name of the greatest length no longer one can be made, by root neither.
    const unwritable = join(dirname(kept), 'x'.repeat(255));
    const old = entry('Exec="/apps/old/mvm" --hidden');
    for (const path of [kept, unwritable]) writeFileSync(path, old);
    symlinkSync(kept, file);
    login.renew();
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(kept, 'utf8')).toBe(entry(EXEC));
    const other = ground();
    mkdirSync(other.folder);
    symlinkSync(unwritable, other.file);
    expect(() => other.login.renew()).toThrow('ENAMETOOLONG');
    expect(other.text()).toBe(old);
  });
});
