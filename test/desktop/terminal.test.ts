import { describe, expect, it } from 'vitest';
import { type World, world } from '../world.ts';
import { openWindow } from './browser.ts';
import { shows, type } from './page-terminal.ts';

async function running(w: World, ...words: string[]): Promise<void> {
  expect((await w.mvm(['run', '-d', ...words])).code).toBe(0);
}

describe('a terminal in the window', () => {
  it('is typed into, and is there with what it showed when the window is loaded again', async () => {
    const w = world();
    await running(w, '--name', 'web', 'linux', 'sleep', '600');
    const page = await openWindow(w);
    await page.getByRole('link', { name: /web/ }).click();
    await page.getByRole('button', { name: /^Terminal/ }).click();
    await shows(page, '# ');
    await type(page, 'echo $((40 + 2)) on $(hostname)');
    await shows(page, '42 on ');
    await page.reload();
    await shows(page, '42 on ');
    await type(page, 'stty size');
    const size = await page.getByText(/^\d+ × \d+$/).innerText();
    await shows(page, size.split(' × ').reverse().join(' '));
  });

  it('goes on when the service was killed and is there again, with what was typed meanwhile', async () => {
    const w = world();
    await running(w, '--name', 'web', 'linux', 'sleep', '600');
    const page = await openWindow(w);
    await page.getByRole('link', { name: /web/ }).click();
    await page.getByRole('button', { name: /^Terminal/ }).click();
    await shows(page, '# ');
    await type(page, 'marked=before');
    await shows(page, 'marked=before');
    process.kill(await w.servicePid(), 'SIGKILL');
    await page.getByText('held: what comes meanwhile is kept').waitFor();
    await type(page, 'echo it was $marked');
    await w.mvm(['ps']);
    await shows(page, 'it was before');
  });

  it('is the one of a program that was run in the window, and closes with it', async () => {
    const w = world();
    const page = await openWindow(w);
    await page.getByRole('button', { name: /^Open a shell/ }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Control+Enter');
    await shows(page, '# ');
    await type(page, 'exit 3');
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
    expect(await w.machines()).toEqual([]);
  });

  it('says that its machine is gone when that is removed under it', async () => {
    const w = world();
    await running(w, '--name', 'web', 'linux', 'sleep', '600');
    await running(w, '--name', 'other', 'linux', 'sleep', '600');
    const page = await openWindow(w);
    await page.getByRole('link', { name: /web/ }).click();
    await page.getByRole('button', { name: /^Terminal/ }).click();
    await shows(page, '# ');
    await w.mvm(['rm', '--force', 'web']);
    await page.getByText('This machine is not there any more.').waitFor();
  });

  it('leaves the keys of a program to it, and takes those with Shift', async () => {
    const w = world();
    await running(w, '--name', 'web', 'linux', 'sleep', '600');
    const page = await openWindow(w);
    await page.getByRole('link', { name: /web/ }).click();
    await page.getByRole('button', { name: /^Terminal/ }).click();
    await shows(page, '# ');
    await type(page, 'cat -v');
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Enter');
    await shows(page, '^K');
    await page.keyboard.press('Control+Shift+k');
    await page.getByRole('dialog', { name: 'Find or do' }).waitFor();
  });

  it('may be a shell of this computer, with mvm at hand', async () => {
    const w = world({ env: { SHELL: '/bin/sh' } });
    await running(w, '--name', 'web', 'linux', 'sleep', '600');
    const page = await openWindow(w);
    await page.getByRole('link', { name: 'Shells' }).click();
    await page
      .getByRole('button', { name: /^New shell/ })
      .last()
      .click();
    await type(page, 'mvm ps');
    await shows(page, 'running');
    await page.getByRole('button', { name: /^Close / }).click();
    await page.getByRole('heading', { name: 'No shell is open' }).waitFor();
  });
});
