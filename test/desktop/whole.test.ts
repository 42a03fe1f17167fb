/** The whole of it, as a person meets it: the app's bundle, the window's page, the service and guests. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { homePaths } from '../../vmm/paths.ts';
import { brokenGuest } from '../broken-guest.ts';
import { eventually } from '../world.ts';
import { type Desktop, desktop, type RunningApp } from './app.ts';
import { shows, type } from './page-terminal.ts';

const ARTIFACTS = join(import.meta.dirname, '../../.build/artifacts.json');

/** A desktop whose window greets nobody: the first minute has tests of its own. */
async function started(home: Desktop = desktop()): Promise<{ home: Desktop; app: RunningApp; page: Page }> {
  await home.world.mvm(['ps']);
  await home.world.api('PUT', '/v1/settings/welcomed', { value: true });
  const app = await home.start();
  return { home, app, page: await app.page() };
}

const row = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Machines' }).getByRole('listitem').filter({ hasText: name });

const trayHas = (app: RunningApp, label: string): Promise<unknown> =>
  eventually(async () => (await app.act.trayMenu()).some((each) => each.label === label), `${label} in the tray`);

async function dropOn(app: RunningApp, ...paths: string[]): Promise<void> {
  await eventually(async () => {
    const [window] = await app.act.windows();
    // A window is there before its page is.
    return app.act.drop(window?.id ?? 0, ...paths).then(
      () => true,
      (error: Error) => !error.message.includes('not there yet') && Promise.reject(error),
    );
  }, `the page on which ${paths} are dropped`);
}

describe('the desktop app', () => {
  it('runs an image from the sheet; its terminal is typed into, is there after a reload, and its machine stops from the tray', async () => {
    const { app, page } = await started();
    await page.getByRole('button', { name: /^Run…/ }).first().click();
    const sheet = page.getByRole('dialog', { name: 'Run' });
    await sheet.getByLabel('Image').fill('linux');
    await sheet.getByLabel('Name').fill('web');
    await sheet.getByLabel('Command', { exact: true }).fill(`sh -c 'trap exit TERM; sleep 600 & wait'`);
    await sheet.getByRole('radio', { name: 'Logs' }).check();
    await sheet.getByRole('radio', { name: 'Keep' }).check();
    await page.keyboard.press('Control+Enter');
    await row(page, 'web').getByRole('img', { name: 'Running' }).waitFor();
    await trayHas(app, 'web');
    await app.act.clickTray('web', 'New terminal');
    await page.getByRole('tab', { name: /Terminal/, selected: true }).waitFor();
    await shows(page, '# ');
    await type(page, 'echo $((40 + 2)) on $(hostname)');
    await shows(page, '42 on ');
    await page.reload();
    await shows(page, '42 on ');
    await app.act.clickTray('web', 'Stop');
    await row(page, 'web').getByRole('img', { name: 'Stopped' }).waitFor();
  });

  it('runs a recent command line from the tray, with output and exit code in place', async () => {
    const home = desktop();
    await home.world.mvm(['run', 'linux', 'sh', '-c', 'echo once more; exit 3']);
    await home.world.api('PUT', '/v1/settings/welcomed', { value: true });
    const app = await home.start({ argv: ['--hidden'] });
    await trayHas(app, 'sh -c echo once more; exit 3 · linux');
    await app.act.clickTray('sh -c echo once more; exit 3 · linux');
    const launcher = await app.page('/launcher');
    await shows(launcher, 'once more');
    await launcher
      .getByText(/exit(ed with)?( code)? 3/i)
      .first()
      .waitFor();
  });

  it('begins a kept machine of the tray in the window, and ends nothing that runs in the launcher', async () => {
    const home = desktop();
    await home.world.mvm(['run', '-d', '--name', 'web', 'linux', 'sh', '-c', 'echo up again; sleep 600']);
    await home.world.mvm(['rm', '--force', 'web']);
    await home.world.mvm(['run', 'linux', 'echo', 'once more']);
    await home.world.api('PUT', '/v1/settings/welcomed', { value: true });
    const app = await home.start({ argv: ['--hidden'] });
    await trayHas(app, 'Launcher');
    await app.act.clickTray('Launcher');
    const launcher = await app.page('/launcher');
    const field = launcher.getByRole('combobox', { name: 'Image, and its command' });
    await field.fill(`linux sh -c 'echo "goes on"; sleep 600'`);
    await field.press('Enter');
    await shows(launcher, 'goes on');
    await app.act.clickTray('echo once more · linux');
    await launcher.getByRole('alert').getByText('A program runs here still').waitFor();
    await shows(launcher, 'goes on');
    await app.act.clickTray('sh -c echo up again; sleep 600 · linux');
    const page = await app.page('/machines');
    await row(page, 'web').getByRole('img', { name: 'Running' }).waitFor();
    await shows(page, 'up again');
    expect((await home.world.machines()).filter(({ state }) => state.name === 'running')).toHaveLength(2);
  });

  it('pins a command line that ran in the launcher to the tray, and takes it off again, there or in the settings', async () => {
    const home = desktop();
    await home.world.mvm(['ps']);
    await home.world.api('PUT', '/v1/settings/welcomed', { value: true });
    const app = await home.start({ argv: ['--hidden'] });
    await trayHas(app, 'Launcher');
    await app.act.clickTray('Launcher');
    const launcher = await app.page('/launcher');
    const field = launcher.getByRole('combobox', { name: 'Image, and its command' });
    await field.fill('linux echo "pinned here"');
    await field.press('Enter');
    await launcher.getByText('exit 0').waitFor();
    await launcher.getByRole('button', { name: 'Pin it to the tray' }).click();
    await trayHas(app, 'Pinned');
    await field.press('Escape');
    await app.act.clickTray('echo pinned here · linux');
    await launcher.getByRole('button', { name: 'Take it off the tray' }).waitFor();
    expect(await field.inputValue()).toBe(`linux echo 'pinned here'`);
    await app.act.clickTray('Settings…');
    const settings = await app.page('/settings');
    await settings.getByRole('button', { name: `Take linux echo 'pinned here' off the tray` }).click();
    await settings.getByText('Nothing is pinned.').waitFor();
    await launcher.getByRole('button', { name: 'Pin it to the tray' }).click();
    await launcher.getByRole('button', { name: 'Take it off the tray' }).click();
    await eventually(async () => !(await app.act.trayMenu()).some(({ label }) => label === 'Pinned'), 'it to be off');
  });

  it('shows what was filled in again, when what a link put in its place is closed', async () => {
    const { app, page } = await started();
    await page.getByRole('button', { name: /^Run…/ }).first().click();
    const sheet = page.getByRole('dialog', { name: 'Run' });
    await sheet.getByLabel('Image').fill('linux');
    await sheet.getByLabel('Name').fill('half-filled');
    await sheet.getByLabel('Command', { exact: true }).fill('echo mine');
    await sheet.getByRole('radio', { name: 'Logs' }).check();
    for (const word of ['one', 'two']) {
      await app.act.openLink(`mvm://run?image=linux&arg=echo&arg=${word}`);
      await page.getByText(`linux echo ${word}`).waitFor();
    }
    await page.keyboard.press('Escape');
    await page.getByText('--name half-filled linux echo mine').waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
  });

  it('imports every archive that is dropped on it, and says of each other thing why not', async () => {
    const { home, app, page } = await started();
    const { baseImage } = JSON.parse(readFileSync(ARTIFACTS, 'utf8'));
    const dropped = ['one', 'two'].map((name) => join(home.userData, `${name}.tar`));
    for (const archive of dropped)
      execFileSync('skopeo', [
        'copy',
        '--quiet',
        `oci-archive:${baseImage}`,
        `oci-archive:${archive}:${basename(archive, '.tar')}:1`,
      ]);
    const program = join(home.userData, 'hello.sh');
    writeFileSync(program, '#!/bin/sh\necho hello\n');
    await dropOn(app, dropped[0] ?? '', program, dropped[1] ?? '');
    await page.getByRole('alert').getByText('hello.sh is a script').waitFor();
    for (const name of ['one:1', 'two:1']) await page.getByRole('row', { name: new RegExp(`^${name}`) }).waitFor();
  });

  it('imports an archive that is dropped on it, and runs it', async () => {
    const { home, app, page } = await started();
    const { baseImage } = JSON.parse(readFileSync(ARTIFACTS, 'utf8'));
    const archive = join(home.userData, 'tools.tar');
    execFileSync('skopeo', ['copy', '--quiet', `oci-archive:${baseImage}`, `oci-archive:${archive}:tools:1`]);
    await dropOn(app, archive);
    await page.getByText(/Imported tools:1/).waitFor();
    expect((await home.world.mvm(['run', 'tools:1', 'echo', 'from the drop'])).stdout).toBe('from the drop\n');
  });

  it('takes the path of an archive or a layout folder from the system’s dialog', async () => {
    const { app, page } = await started();
    await app.act.choose('/images/one.tar');
    await page.getByRole('button', { name: 'Import…' }).click();
    const path = page.getByLabel(/Archive or OCI layout/);
    expect(await path.inputValue()).toBe('/images/one.tar');
    await app.act.choose('/images/layout');
    await page.getByRole('button', { name: 'Choose a layout folder' }).click();
    await expect.poll(() => path.inputValue()).toBe('/images/layout');
  });

  it('shows the name of a machine and all its tabs, however small its window is', async () => {
    const { home, page } = await started();
    await home.world.mvm(['run', '-d', '--name', 'accounting', '-p', '8080', 'linux', 'sleep', '600']);
    await row(page, 'accounting').getByRole('link').click();
    const name = page.getByRole('heading', { name: 'accounting', exact: true });
    for (const [width, height] of [
      [1180, 760],
      [1041, 700],
      [900, 600],
      [720, 480],
    ] as const) {
      await page.setViewportSize({ width, height });
      // Beside the list, or in its place with a way back to it.
      expect([width, await row(page, 'accounting').isVisible()]).toEqual([width, width > 860]);
      expect(await page.getByRole('link', { name: 'All machines' }).isVisible()).toBe(width <= 860);
      for (const part of [name, page.getByRole('tablist', { name: 'Parts of this machine' })]) {
        const [shown, whole] = await part.evaluate(({ clientWidth, scrollWidth }) => [clientWidth, scrollWidth]);
        expect([width, shown]).toEqual([width, whole]);
      }
    }
    await page.getByRole('link', { name: 'All machines' }).click();
    await row(page, 'accounting').getByRole('link').waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    const settings = page.getByRole('group', { name: 'All settings' });
    await page.getByLabel('Launcher’s keys').waitFor();
    expect(await settings.evaluate(({ clientWidth, scrollWidth }) => scrollWidth - clientWidth)).toBe(0);
    // Who jumps to a section moves what it is in, and not the window.
    await page.getByText('accelerator', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'About' }).click();
    await expect.poll(() => settings.evaluate(({ scrollTop }) => scrollTop)).toBeGreaterThan(0);
    const moved = await page
      .locator(':scope *')
      .evaluateAll((all) => all.filter(({ scrollTop }) => scrollTop > 0).map((each) => each.ariaLabel ?? each.tagName));
    expect(moved).toEqual(['All settings']);
  });

  it('says of what is dropped why it is no image and what would be one, and keeps nothing of it', async () => {
    const { home, app, page } = await started();
    const place = mkdtempSync(join(tmpdir(), 'mvm-dropped-'));
    const broken = join(place, 'broken.tar');
    writeFileSync(broken, 'not an archive '.repeat(1000));
    const folder = join(place, 'holidays');
    mkdirSync(folder);
    writeFileSync(join(folder, 'letter.txt'), 'dear friend');
    const huge = join(place, 'huge.tar');
    writeFileSync(huge, '');
    // Ten gigabytes of nothing: sparse, so it costs no disk.
    truncateSync(huge, 10 * 1024 ** 3);
    for (const path of [broken, folder, huge]) {
      await dropOn(app, path);
      const name = path.slice(place.length + 1);
      const refusal = page.getByRole('region', { name: `Import of ${name}` }).getByRole('alert');
      await refusal.getByText(`${path} is no image`).waitFor();
      await refusal.getByText('Make one with: skopeo copy').waitFor();
    }
    expect((await home.world.mvm(['images', 'ls', '-q'])).stdout).toBe('');
    const { layout, disks } = homePaths(home.world.home);
    expect([...readdirSync(join(layout, 'blobs', 'sha256')), ...readdirSync(disks)]).toEqual([]);
    rmSync(place, { recursive: true, force: true });
    await page.getByRole('link', { name: 'Machines' }).click();
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
  });

  it('says that the service was killed, starts the next one, and has everything again', async () => {
    const { home, app, page } = await started();
    await home.world.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '600']);
    await row(page, 'web').getByRole('img', { name: 'Running' }).waitFor();
    const service = await home.world.servicePid();
    await app.trayPasses('The mvm service is not there', () => process.kill(service, 'SIGKILL'));
    await trayHas(app, '1 running');
    await row(page, 'web').getByRole('img', { name: 'Running', exact: true }).waitFor();
    await page.getByText('The service stopped answering').waitFor({ state: 'detached' });
  });

  it("tells of a guest that panicked in its row, with the console's last lines one click away", async () => {
    const { home, page } = await started(desktop({ MVM_ARTIFACTS: brokenGuest('echo about to die; exit 1') }));
    await home.world.mvm(['run', '-d', '--name', 'web', 'linux', 'true']);
    await row(page, 'web').getByRole('img', { name: 'Failed' }).waitFor();
    await row(page, 'web').getByText('panicked').waitFor();
    await row(page, 'web').getByRole('link').click();
    await page.getByText('about to die').waitFor();
  });
});
