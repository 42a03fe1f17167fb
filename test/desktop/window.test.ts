import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findArtifacts } from '../../vmm/service/artifacts.ts';
import { brokenGuest } from '../broken-guest.ts';
import { type World, world } from '../world.ts';
import { openWindow } from './browser.ts';

const row = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Machines' }).getByRole('listitem').filter({ hasText: name });

async function running(w: World, name: string): Promise<void> {
  const program = ['sh', '-c', 'echo hello from $(hostname); sleep 600'];
  const started = await w.mvm(['run', '-d', '--name', name, '--stop-timeout', '1s', 'linux', ...program]);
  expect(started.code).toBe(0);
}

describe('the window', () => {
  it('shows a machine as the service has it, and what becomes of it elsewhere', async () => {
    const w = world();
    await running(w, 'web');
    const page = await openWindow(w);
    await row(page, 'web').getByRole('img', { name: 'Running' }).waitFor();
    await w.mvm(['stop', 'web']);
    await row(page, 'web').getByRole('img', { name: 'Stopped' }).waitFor();
    await w.mvm(['rename', 'web', 'api']);
    await row(page, 'api').waitFor();
    await w.mvm(['rm', 'api']);
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
  });

  it('runs an image from the sheet and shows what its program says', async () => {
    const w = world();
    const page = await openWindow(w);
    await page.getByRole('button', { name: /^Run…/ }).first().click();
    const sheet = page.getByRole('dialog', { name: 'Run' });
    await sheet.getByLabel('Image').fill('linux');
    await sheet.getByLabel('Name').fill('shown');
    await sheet.getByLabel('Command', { exact: true }).fill(`sh -c 'echo "forty two"; sleep 600'`);
    await sheet.getByRole('radio', { name: 'Logs' }).check();
    await sheet.getByRole('radio', { name: 'Keep' }).check();
    const command = sheet.getByRole('region', { name: 'The same as a command' });
    expect(await command.innerText()).toContain(`mvm run -d --name shown linux sh -c 'echo "forty two"; sleep 600'`);
    await page.keyboard.press('Control+Enter');
    await page.getByRole('region', { name: 'What its program printed' }).waitFor();
    await page.getByText('forty two').first().waitFor();
    await row(page, 'shown').getByRole('img', { name: 'Running' }).waitFor();
    expect((await w.machines()).map(({ name }) => name)).toEqual(['shown']);
  });

  it('tells a refusal in the service’s words, and keeps what was filled in', async () => {
    const w = world();
    const page = await openWindow(w);
    await page.getByRole('button', { name: /^Run…/ }).first().click();
    await page.getByLabel('Image').fill('linus');
    await page.getByRole('dialog').getByRole('button', { name: /^Run/ }).click();
    await page.getByRole('alert').getByText('linus').waitFor();
    expect(await page.getByLabel('Image').inputValue()).toBe('linus');
  });

  it('stops, starts and removes a machine by keyboard alone', async () => {
    const w = world();
    await running(w, 'web');
    const page = await openWindow(w);
    await row(page, 'web').getByRole('img', { name: 'Running' }).waitFor();
    await row(page, 'web').getByRole('link').focus();
    await page.keyboard.press('Control+.');
    await row(page, 'web').getByRole('img', { name: 'Stopped' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await row(page, 'web').getByRole('img', { name: 'Running' }).waitFor();
    await row(page, 'web').getByRole('link').focus();
    await page.keyboard.press('Control+Backspace');
    await page.getByRole('dialog', { name: 'Remove web?' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('row-link');
    await page.keyboard.press('Control+Backspace');
    await page.getByRole('button', { name: 'Remove', exact: true }).press('Enter');
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
  });

  it('leaves the keyboard at the row in the place of one that goes, whoever removes it', async () => {
    const w = world();
    await w.mvm(['ps']);
    const names = ['one', 'two', 'three', 'four'];
    for (const name of names) await w.api('POST', '/v1/machines', { image: 'linux', name, command: ['true'] });
    const page = await openWindow(w);
    const focused = (name: string) => row(page, name).locator('a:focus').waitFor();
    await row(page, 'three').getByRole('link').focus();
    await w.mvm(['rm', 'three']);
    await focused('two');
    await page.keyboard.press('Control+Backspace');
    await page.getByRole('button', { name: 'Remove', exact: true }).press('Enter');
    await focused('one');
    await page.keyboard.press('ArrowUp');
    await focused('four');
    await page.keyboard.press('F2');
    await page.getByRole('dialog', { name: 'Rename four' }).waitFor();
    await page.keyboard.type('fourth');
    await page.keyboard.press('Enter');
    await focused('fourth');
    await page.getByRole('link', { name: 'Images' }).click();
    for (const name of ['mine:1', 'mine:2'])
      await w.mvm(['images', 'import', findArtifacts(process.env).baseImage ?? '', name]);
    const image = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) });
    await image('mine:2').focus();
    await image('mine:2').press('Delete');
    await page.getByRole('button', { name: 'Remove', exact: true }).press('Enter');
    await image('mine:2').waitFor({ state: 'detached' });
    await page.locator('tbody tr:focus').waitFor();
  });

  it('leaves the keyboard in a list whose row is scrolled out of sight, and goes on from there', async () => {
    const w = world();
    await running(w, 'web');
    const [web] = await w.machines();
    const page = await openWindow(w);
    await page.goto(`${page.url().replace(/#.*/, '')}#/machines/${web?.id}/files/%2Fbin`);
    const list = page.getByRole('list', { name: 'Files' });
    const at = (place: number) => list.locator(`[aria-posinset="${place}"] [data-stop]`);
    await at(1).focus();
    await list.hover();
    await page.mouse.wheel(0, 3000);
    await at(1).waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowDown');
    await list.locator('[aria-posinset="2"] [data-stop]:focus').waitFor();
  });

  it('says when the service is gone, what goes on, and has everything again when it is back', async () => {
    const w = world();
    await running(w, 'web');
    const page = await openWindow(w);
    await row(page, 'web').getByRole('link').click();
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.getByText('hello from').first().waitFor();
    process.kill(await w.servicePid(), 'SIGKILL');
    const banner = page.getByRole('alert').filter({ hasText: 'The service stopped answering' });
    await banner.getByText('The machine that runs goes on without it.').waitFor();
    await row(page, 'web').getByRole('img', { name: 'Running when last seen' }).waitFor();
    expect(await page.getByRole('button', { name: /^Run…/ }).isDisabled()).toBe(true);
    await w.mvm(['ps']);
    await banner.waitFor({ state: 'detached' });
    await row(page, 'web').getByRole('img', { name: 'Running', exact: true }).waitFor();
    await page.getByText('hello from').first().waitFor();
  });

  it('says of a guest that panicked why, with the console’s last lines at hand', async () => {
    const w = world({ env: { MVM_ARTIFACTS: brokenGuest('echo about to die; exit 1') } });
    await w.mvm(['run', '-d', '--name', 'broken', 'linux', 'true']);
    const page = await openWindow(w);
    await row(page, 'broken').getByText('Panicked').waitFor();
    await row(page, 'broken').getByRole('link').click();
    await page.getByRole('heading', { name: 'The kernel of machine broken panicked' }).waitFor();
    await page.getByText(/about to die[\s\S]*Kernel panic/).waitFor();
    await page.getByRole('button', { name: 'Whole console' }).click();
    await page.getByText('Kernel panic').first().waitFor();
  });

  it('imports an image by its path, runs from it, and removes it', async () => {
    const w = world();
    const page = await openWindow(w);
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
    await page.keyboard.press('Control+o');
    await page.getByLabel(/Archive or OCI layout/).fill(findArtifacts(process.env).baseImage ?? '');
    await page.getByLabel(/^Name, if not/).fill('mine:1');
    await page.keyboard.press('Enter');
    const listed = page.getByRole('row', { name: /^mine:1/ });
    await listed.waitFor();
    await listed.press('Enter');
    expect(await page.getByRole('combobox', { name: 'Image' }).inputValue()).toBe('mine:1');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await listed.press('Delete');
    await page.getByRole('dialog', { name: 'Remove mine:1?' }).getByRole('button', { name: 'Remove' }).click();
    await listed.waitFor({ state: 'detached' });
    expect(JSON.parse((await w.mvm(['images', 'ls', '--json'])).stdout)).toEqual([]);
  });

  it('says of a broken archive why it is none, and imports nothing', async () => {
    const w = world();
    const broken = join(w.home, 'broken.tar');
    writeFileSync(broken, 'not an archive '.repeat(100));
    const page = await openWindow(w);
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
    await page.keyboard.press('Control+o');
    await page.getByLabel(/Archive or OCI layout/).fill(broken);
    await page.keyboard.press('Enter');
    const failed = page.getByRole('region', { name: 'Import of broken.tar' });
    await failed.getByRole('alert').getByText('broken.tar').waitFor();
    await failed.getByRole('button', { name: 'Dismiss' }).click();
    await failed.waitFor({ state: 'detached' });
  });

  it('shows the overview of a machine without ports to who comes from the ports of another', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', '-p', '80', 'linux', 'sleep', '600']);
    await running(w, 'db');
    const page = await openWindow(w);
    await row(page, 'web').getByRole('link').click();
    await page.getByRole('tab', { name: /^Ports/ }).click();
    await page.getByRole('columnheader', { name: 'Here' }).waitFor();
    await row(page, 'db').getByRole('link').click();
    await page.getByRole('tab', { name: 'Overview', selected: true }).waitFor();
    await page.getByText('At its end').waitFor();
  });

  it('shows a long refusal whole, and what puts it away', async () => {
    const page = await openWindow(world(), { viewport: { width: 900, height: 600 } });
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
    await page.keyboard.press('Control+o');
    await page.getByLabel(/Archive or OCI layout/).fill(`/nowhere/${'folder/'.repeat(60)}archive.tar`);
    await page.keyboard.press('Enter');
    const failed = page.getByRole('region', { name: 'Import of archive.tar' });
    const said = failed.getByRole('alert').getByText('archive.tar');
    await said.waitFor();
    for (const part of [said, failed.getByRole('button', { name: 'Dismiss' })]) {
      const box = await part.boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(900);
    }
    const title = await failed.getByRole('heading').boundingBox();
    expect((await said.boundingBox())?.x).toBeGreaterThan((title?.x ?? 0) + (title?.width ?? 0));
  });

  it('keeps the buttons of the Run sheet within it, however long its command line', async () => {
    const page = await openWindow(world(), { viewport: { width: 900, height: 600 } });
    await page.getByRole('button', { name: /^Run…/ }).first().click();
    await page.getByLabel('Image').fill('linux');
    await page.getByLabel('Command', { exact: true }).fill(`echo ${'word '.repeat(1000)} ${'x'.repeat(1000)}`);
    const run = page.getByRole('dialog').getByRole('button', { name: /^Run/ });
    const box = await run.boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(600);
    const line = page.getByRole('region', { name: 'The same as a command' }).locator('pre');
    expect(await line.evaluate(({ clientWidth, scrollWidth }) => scrollWidth - clientWidth)).toBe(0);
  });

  it('says plainly why a dropped program does not run yet', async () => {
    const page = await openWindow(world());
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array([0x7f, 0x45, 0x4c, 0x46])], 'prog'));
      window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    await page.getByRole('alert').getByText('prog is an ELF program').waitFor();
  });
});
