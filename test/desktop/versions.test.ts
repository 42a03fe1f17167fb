/** Windows and services of different versions, as they meet after an update. */
import { afterAll, describe, expect, it } from 'vitest';
import { bundlesOf, VERSION } from '../versions.ts';
import type { World } from '../world.ts';
import { type Desktop, desktop } from './app.ts';
import { launchBrowser } from './chromium.ts';
import { shows, type } from './page-terminal.ts';

let browser: ReturnType<typeof launchBrowser> | null = null;
afterAll(async () => {
  await (await browser)?.close();
});

const served = async (w: World): Promise<string> =>
  ((await w.api('GET', '/v1/version')).body as { version: string }).version;

/** A home whose service is of that version, with a machine that runs. */
async function servedBy(version: string): Promise<{ home: Desktop; other: World }> {
  const home = desktop();
  const other = home.world.with({ bundles: bundlesOf(version) });
  await other.mvm(['run', '-d', '--name', 'web', '--stop-timeout', '1s', 'linux', 'sleep', '600']);
  await other.api('PUT', '/v1/settings/welcomed', { value: true });
  expect(await served(other)).toBe(version);
  return { home, other };
}

describe('a window that is newer than the service', () => {
  it('has the next service take the machines over, and their terminals go on, also in a page of the old one', async () => {
    const { home, other } = await servedBy('0.0.1');
    browser ??= launchBrowser();
    const old = await (await browser).newPage();
    await old.goto((await other.mvm(['ui', '--browser', '--no-open'])).stdout.trim());
    await old.getByRole('link', { name: /web/ }).click();
    await old.getByRole('button', { name: /^Terminal/ }).click();
    await shows(old, '# ');
    await type(old, 'marked=before');
    await shows(old, 'marked=before');
    const [engine] = home.world.engines();

    const app = await home.start();
    const page = await app.page();
    await page.getByRole('link', { name: /web/ }).click();
    await page.getByRole('tab', { name: /^Terminal/ }).click();
    await shows(page, 'marked=before');
    expect(await served(home.world)).toBe(VERSION);
    expect(home.world.engines()).toEqual([engine]);
    await type(page, 'echo it was $marked');
    await shows(page, 'it was before');
    expect(await page.getByText('serves now').count()).toBe(0);

    await old.getByText(`mvm ${VERSION} serves now, and this window is of 0.0.1.`).waitFor();
    await old.getByText('mvm ui --browser opens the new one').waitFor();
    await shows(old, 'it was before');
    await type(old, 'echo and from here it is $marked');
    await shows(page, 'and from here it is before');
  });
});

describe('a window that is older than the service', () => {
  it('says what to do, and works on with it', async () => {
    const { home } = await servedBy('999.0.0');
    const app = await home.start();
    const page = await app.page();
    await page.getByText(`mvm 999.0.0 serves now, and this window is of ${VERSION}.`).waitFor();
    await page.getByText('Quit mvm and start it again').waitFor();
    await page.getByRole('link', { name: /web/ }).click();
    await page.getByRole('button', { name: /^Terminal/ }).click();
    await shows(page, '# ');
    await type(page, 'echo $((40 + 2))');
    await shows(page, '42');
    expect(await served(home.world)).toBe('999.0.0');
    await page.getByRole('button', { name: 'Hide' }).click();
    await page.getByText('serves now').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /web/ }).focus();
    await page.keyboard.press('Control+.');
    await page.getByRole('img', { name: 'Stopped' }).first().waitFor();
  });
});
