/** The start at login, where others have a word too: the desktop's own settings, and a disk. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { desktop } from './app.ts';

const PAGE = join(import.meta.dirname, 'page');
const OFF = '[Desktop Entry]\nType=Application\nName=mvm\nX-GNOME-Autostart-enabled=false\n';
const MOVED = '[Desktop Entry]\nType=Application\nName=mvm\nExec="/not/here/any/more" --hidden\n';

/** A desktop with a folder of what starts at the login, and the app's entry in it. */
function ground() {
  const home = desktop();
  const folder = join(home.userData, 'config', 'autostart');
  mkdirSync(folder, { recursive: true });
  return { home, entry: join(folder, 'mvm.desktop') };
}

it('what the desktop turned off stays off, and the settings say so', async () => {
  const { home, entry } = ground();
  writeFileSync(entry, OFF);
  const page = await (await home.start({ page: PAGE })).page();
  expect(await page.evaluate(() => window.mvm.desktop?.settings())).toMatchObject({ startAtLogin: false });
  expect(readFileSync(entry, 'utf8')).toBe(OFF);
});

it('the app starts when its entry cannot be written, leaves it whole, and says so in its log', async () => {
  const { home, entry } = ground();
  // Beside a name of the greatest length no longer one can be made, by root neither.
  const kept = join(home.userData, 'x'.repeat(255));
  writeFileSync(kept, MOVED);
  symlinkSync(kept, entry);
  const page = await (await home.start({ page: PAGE })).page();
  expect(await page.evaluate(() => window.mvm.desktop?.settings())).toMatchObject({ startAtLogin: true });
  expect(readFileSync(entry, 'utf8')).toBe(MOVED);
  expect(home.log()).toContain('what starts at the login stays as it was: ENAMETOOLONG');
});

it('the app starts when something else has the place of its entry', async () => {
  const { home, entry } = ground();
  mkdirSync(entry);
  const page = await (await home.start({ page: PAGE })).page();
  expect(await page.evaluate(() => window.mvm.desktop?.settings())).toMatchObject({ startAtLogin: false });
});
