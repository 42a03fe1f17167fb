import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../world.ts';
import { desktop } from './app.ts';

const PAGE = join(import.meta.dirname, 'page');

describe('the app', () => {
  it('is one: a second start brings the first to the front, with its link', async () => {
    const home = desktop();
    const first = await home.start({ argv: ['--hidden'], page: PAGE });
    const second = await home.start({ argv: ['mvm://images'], page: PAGE });
    expect(await second.exited).toBe(0);
    const page = await first.page();
    await eventually(() => page.evaluate(() => window.commands.length === 1), 'the link to arrive');
    expect(await page.evaluate(() => window.commands)).toEqual([{ type: 'go', to: '/images' }]);
  });

  it('follows links to a place or a filled sheet, and starts nothing by them', async () => {
    const home = desktop();
    const app = await home.start({ page: PAGE });
    const page = await app.page();
    for (const link of ['mvm://run?image=linux&arg=reboot', 'mvm://stop/web', 'mvm://run?image=linux&arg=%1b[2J'])
      await app.act.openLink(link);
    await eventually(() => page.evaluate(() => window.commands.length > 0), 'the good link');
    await eventually(() => home.log().includes('%1b[2J'), 'the log');
    expect(await page.evaluate(() => window.commands)).toEqual([
      { type: 'fill-run', request: { image: 'linux', command: ['reboot'] } },
    ]);
    expect(home.log()).toContain('refused the link mvm://stop/web');
    expect(await home.world.machines()).toEqual([]);
  });

  it('tells a page what was asked before it listened, and after it was loaded again', async () => {
    const app = await desktop().start({ argv: ['mvm://images'], page: PAGE });
    const page = await app.page();
    const commands = () => page.evaluate(() => window.commands);
    await eventually(async () => (await commands()).length === 1, 'the link');
    await page.reload();
    await app.act.openLink('mvm://settings');
    await eventually(async () => (await commands()).length === 1, 'the second link');
    expect(await commands()).toEqual([{ type: 'go', to: '/settings' }]);
  });

  it('opens its window where it stood, as it stood', async () => {
    const home = desktop();
    const first = await home.start({ page: PAGE });
    await first.page();
    const [window] = await first.act.windows();
    await first.act.placeWindow(window?.id ?? 0, { x: 120, y: 80, width: 900, height: 640 });
    await first.act.maximizeWindow(window?.id ?? 0);
    await first.act.closeWindow(window?.id ?? 0);
    await first.end();
    const second = await home.start({ page: PAGE });
    await second.page();
    expect((await second.act.windows())[0]).toMatchObject({
      bounds: { x: 120, y: 80, width: 900, height: 640 },
      maximized: true,
    });
  });

  it('goes nowhere, opens nothing inside, and gives links to the browser', async () => {
    const home = desktop();
    const app = await home.start({ page: PAGE });
    const page = await app.page();
    await page.evaluate(() => {
      location.href = 'https://elsewhere.invalid/';
    });
    await eventually(() => home.log().includes('refused to go to https://elsewhere.invalid/'), 'the refusal');
    expect((await app.act.windows())[0]?.url).toMatch(/^app:\/\/mvm\//);
    await page.evaluate(() => void window.open('https://docs.invalid/'));
    expect(await app.hears('open-external')).toMatchObject({ address: 'https://docs.invalid/' });
    await page.evaluate(() => void window.open('smb://elsewhere/share'));
    await eventually(() => home.log().includes('refused to open smb://elsewhere/share'), 'the refusal');
    expect(await app.act.windows()).toHaveLength(1);
  });

  it('permits a page to copy text, and nothing else', async () => {
    const home = desktop();
    const app = await home.start({ page: PAGE });
    await app.page();
    expect(await app.act.permission('clipboard-sanitized-write')).toBe(true);
    for (const name of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal'])
      expect(await app.act.permission(name)).toBe(false);
    expect(home.log()).toContain('refused the permission media to app://mvm/');
  });

  it('serves its page from its folder alone, under a policy that lets no other script in', async () => {
    const app = await desktop().start({ page: PAGE });
    const page = await app.page();
    const status = (path: string) => page.evaluate(async (asked) => (await fetch(asked)).status, path);
    expect(await status('page.js')).toBe(200);
    expect(await status('..%2f..%2f..%2fpackage.json')).toBe(404);
    expect(await status('%2e%2e/app.ts')).toBe(404);
    expect(await status('%00')).toBe(404);
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.head.append(script);
      return 'ran' in window;
    });
    expect(ran).toBe(false);
    await expect(page.evaluate(() => fetch('https://elsewhere.invalid/'))).rejects.toThrow();
  });

  it('keeps what the person chose for this desktop', async () => {
    const home = desktop();
    const first = await home.start({ page: PAGE });
    const page = await first.page();
    const change = (wanted: object) =>
      page.evaluate(
        (given) =>
          window.mvm.desktop?.change(given).then(
            (settings) => settings as object,
            (error) => error as object,
          ),
        wanted,
      );
    expect(await change({ theme: 'dark', startAtLogin: true })).toMatchObject({ theme: 'dark', startAtLogin: true });
    expect(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(true);
    expect(await first.act.windows()).toMatchObject([{ overlay: { color: '#16191a' } }]);
    const autostart = join(home.userData, 'config', 'autostart', 'mvm.desktop');
    expect(readFileSync(autostart, 'utf8')).toMatch(/^Exec="\/.*" --hidden$/m);
    expect(await change({ startAtLogin: false })).toMatchObject({ startAtLogin: false });
    expect(existsSync(autostart)).toBe(false);
    expect(await change({ theme: 'pink' })).toMatchObject({ code: 'desktop.invalid' });
    expect(await change({ launcherKeys: 'Control+Alt+Delete' })).toMatchObject({ code: 'desktop.invalid' });
    await first.end();
    const second = await home.start({ page: PAGE });
    const again = await second.page();
    expect(await again.evaluate(() => window.mvm.desktop?.settings())).toMatchObject({ theme: 'dark' });
  });

  it('opens the launcher by a shortcut from anywhere, and puts it away', async () => {
    const app = await desktop().start({ page: PAGE });
    const page = await app.page();
    await page.evaluate(() => window.mvm.desktop?.change({ launcherKeys: 'Control+Alt+Space' }));
    await app.act.press('Control+Alt+Space');
    const launcher = await app.page('/launcher');
    await launcher.evaluate(() => window.mvm.desktop?.dismiss());
    await eventually(async () => {
      const [, second] = await app.act.windows();
      return second?.visible === false;
    }, 'the launcher to go');
    await page.evaluate(() => window.mvm.desktop?.change({ launcherKeys: '' }));
    await expect(app.act.press('Control+Alt+Space')).rejects.toThrow('nobody listens');
  });

  it('asks the system for a file, and tells where a dropped one lies', async () => {
    const app = await desktop().start({ page: PAGE });
    const page = await app.page();
    await app.act.choose('/images/alpine.tar');
    expect(await page.evaluate(() => window.mvm.desktop?.choose('archive'))).toBe('/images/alpine.tar');
    await app.act.choose();
    expect(await page.evaluate(() => window.mvm.desktop?.choose('folder'))).toBeNull();
    const known = await page.evaluate(() => window.mvm.pathOf(new File(['x'], 'made-by-the-page')));
    expect(known).toBeNull();
  });

  it('greys in its menu what the window does not offer, and hands it what is chosen', async () => {
    const app = await desktop().start({ page: PAGE });
    const page = await app.page();
    const stop = async () =>
      (await app.act.appMenu())
        .find(({ label }) => label === 'Machine')
        ?.submenu?.find(({ label }) => label === 'Stop');
    expect((await stop())?.enabled).toBe(false);
    await page.evaluate(() => window.mvm.desktop?.offer(['stop', 'no-such-action' as never]));
    await eventually(async () => (await stop())?.enabled, 'the menu to offer it');
    await app.act.clickMenu('Machine', 'Stop');
    await eventually(() => page.evaluate(() => window.commands.length === 1), 'the window to be told');
    expect(await page.evaluate(() => window.commands)).toEqual([{ type: 'action', action: 'stop' }]);
  });

  it('starts with settings and a place that are damaged', async () => {
    const home = desktop();
    for (const name of ['window.json', 'settings.json']) writeFileSync(join(home.userData, name), '{"bounds": [1');
    const app = await home.start({ page: PAGE });
    await app.page();
    expect((await app.act.windows())[0]?.bounds).toMatchObject({ width: 1180, height: 760 });
  });
});

describe('the app without a service that can run', () => {
  it('opens its window and says why', async () => {
    const home = desktop();
    const taken = mkdtempSync(join(tmpdir(), 'mvm-other-'));
    mkdirSync(join(taken, 'documents'));
    const app = await home.start({ page: PAGE, env: { MVM_HOME: taken } });
    const page = await app.page();
    const error = await page.evaluate(() => window.mvm.call('machines', {}).catch((reason: object) => reason));
    expect(error).toMatchObject({ code: 'home.unusable', message: expect.stringContaining('holds other things') });
  });
});
