/** Two windows on one service: the app's and a page in a browser. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { eventually } from '../world.ts';
import { type Desktop, desktop } from './app.ts';
import { openWindow } from './browser.ts';

const row = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Machines' }).getByRole('listitem').filter({ hasText: name });

const isShown = (page: Page, state: string) =>
  row(page, 'web').getByRole('img', { name: state, exact: true }).waitFor();

async function choose(page: Page, action: string): Promise<void> {
  await page.getByRole('button', { name: 'More of web' }).last().click();
  await page.getByRole('menuitem', { name: action }).click();
}

/** Both at the machine `web`, which is run with these words. */
async function bothAt(...words: string[]): Promise<{ home: Desktop; windows: [Page, Page] }> {
  const home = desktop();
  await home.world.mvm(['run', '-d', '--name', 'web', ...words]);
  const second = await openWindow(home.world);
  const app = await home.start();
  const windows: [Page, Page] = [await app.page(), second];
  for (const page of windows) {
    await isShown(page, 'Running');
    await row(page, 'web').getByRole('link').click();
  }
  return { home, windows };
}

/** Does not end when it is asked to. */
const STUBBORN = ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'];

describe('two windows at one machine', () => {
  it('show the same while one restarts it and the other removes it, and who came too late is told', async () => {
    const { home, windows } = await bothAt('linux', ...STUBBORN);
    const [one, other] = windows;
    await eventually(async () => (await home.world.mvm(['logs', 'web'])).stdout.includes('ready'), 'the trap');
    await choose(one, 'Restart');
    for (const page of windows) await isShown(page, 'Stopping');
    await choose(other, 'Remove…');
    await other.getByRole('button', { name: 'Remove', exact: true }).click();
    await one.getByRole('alert').getByText('machine web is being removed').waitFor();
    for (const page of windows) await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
    expect(await home.world.machines()).toEqual([]);
    await eventually(() => home.world.engines().length === 0, 'its engine to end');
  });

  it('start it once when both do, and stop it for both', async () => {
    const { home, windows } = await bothAt('--stop-timeout', '1s', 'linux', 'sleep', '600');
    await choose(windows[0], 'Stop');
    for (const page of windows) await isShown(page, 'Stopped');
    const start = windows.map((page) => page.getByRole('button', { name: 'Start', exact: true }).last());
    // Before either could have heard of the other.
    await Promise.all(start.map((button) => button.evaluate((found: HTMLElement) => found.click())));
    for (const page of windows) await isShown(page, 'Running');
    expect(home.world.engines()).toHaveLength(1);
    expect(await home.world.machines()).toHaveLength(1);
    for (const page of windows) {
      const said = await page.getByRole('alert').allInnerTexts();
      expect(said.filter((text) => text !== '' && !/web is (starting|running) already/.test(text))).toEqual([]);
    }
  });

  it('tell who removes what the other removed just now that it is gone, by its name', async () => {
    const { windows } = await bothAt('linux', 'sleep', '600');
    const [one, other] = windows;
    await choose(other, 'Remove…');
    await choose(one, 'Remove…');
    await one.getByRole('button', { name: 'Remove', exact: true }).click();
    await one.getByRole('heading', { name: 'No machines yet' }).waitFor();
    await other.getByRole('button', { name: 'Remove', exact: true }).click();
    await other.getByRole('alert').getByText('machine web is not there any more').waitFor();
    await other.getByRole('heading', { name: 'No machines yet' }).waitFor();
  });
});
