/** Settings of the window: each says what is, whatever was asked for. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { world } from '../world.ts';
import { desktop } from './app.ts';
import { openWindow } from './browser.ts';

describe('what new machines get', () => {
  it('is changed at once, and stays as it was when the service refuses it', async () => {
    const w = world();
    const page = await openWindow(w);
    await page.getByRole('link', { name: 'Settings' }).click();
    const [cpus, memory] = [page.getByLabel('CPUs'), page.getByLabel('Memory, at most')];
    for (const wrong of ['many', '', '0', '33']) {
      await cpus.fill(wrong);
      await cpus.press('Tab');
      await expect.poll(() => cpus.inputValue()).toBe('1');
    }
    await page.getByRole('alert').getByText('cpus: more than 0 and at most 32').waitFor();
    await memory.fill('63');
    await memory.press('Tab');
    await expect.poll(() => memory.inputValue()).toBe('512');
    await page.getByRole('alert').getByText('memoryBytes: 64 MiB or more').waitFor();
    await cpus.fill('1.5');
    await cpus.press('Tab');
    await page.getByRole('button', { name: /^Run…/ }).click();
    await expect.poll(() => page.getByRole('dialog').getByLabel('CPUs').getAttribute('placeholder')).toBe('1.5');
  });
});

describe('what the app does on this desktop', () => {
  it('is there after the first start, and said, where a shell does not look for mvm', async () => {
    const home = desktop();
    const page = await (await home.start()).page();
    await page.getByRole('switch', { name: /Put mvm on your PATH/ }).waitFor();
    await page.getByRole('button', { name: /^(Skip this|Open mvm)$/ }).click();
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
    await page.getByRole('alert').getByText('is not on PATH yet').waitFor();
    expect(existsSync(join(home.userData, '.local/bin/mvm'))).toBe(true);
    await page.getByRole('link', { name: 'Settings' }).click();
    await expect.poll(() => page.getByLabel('mvm in terminals').isChecked()).toBe(true);
  });

  it('is shown as it is when it was refused', async () => {
    const home = desktop();
    await home.world.mvm(['ps']);
    await home.world.api('PUT', '/v1/settings/welcomed', { value: true });
    const page = await (await home.start({ argv: ['mvm://settings'] })).page();
    const keys = page.getByLabel('Launcher’s keys');
    await keys.fill('x');
    await keys.press('Enter');
    await page.getByRole('alert').getByText("'X' are no keys for the launcher").waitFor();
    await expect.poll(() => keys.inputValue()).toBe('');
    await keys.fill('ctrl+alt+space');
    await keys.press('Enter');
    await expect.poll(() => keys.inputValue()).toBe('Control+Alt+Space');
    const onPath = page.getByLabel('mvm in terminals');
    await onPath.check();
    await page.getByRole('alert').getByText('is not on PATH yet').waitFor();
    await expect.poll(() => onPath.isChecked()).toBe(true);
    await onPath.uncheck();
    await expect.poll(() => existsSync(join(home.userData, '.local/bin/mvm'))).toBe(false);
  });
});
