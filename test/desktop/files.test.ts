/** The files of a machine in the desktop app: looked at, saved here, and put there. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually, world } from '../world.ts';
import { desktop, type RunningApp } from './app.ts';
import { openWindow, violations } from './browser.ts';

let here = '';
beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), 'mvm-files-'));
  return () => rmSync(here, { recursive: true });
});

/** The app at a folder of machine web, which runs. */
async function atFiles(path: string, prepare = 'true') {
  const home = desktop();
  const { world } = home;
  const sh = async (script: string) => (await world.mvm(['exec', 'web', 'sh', '-c', script])).bytes;
  await world.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '100000']);
  await world.api('PUT', '/v1/settings/welcomed', { value: true });
  await sh(prepare);
  const app = await home.start({ argv: ['mvm://machines/web/files'] });
  const page = await app.page();
  await file(page, 'etc').waitFor();
  for (const name of path.split('/').filter(Boolean)) await file(page, name).click();
  // What is dropped next is for the folder that is shown then.
  if (path !== '/') await file(page, 'etc').waitFor({ state: 'detached' });
  return { app, page, sh, world };
}

const file = (page: Page, name: string) =>
  page
    .getByRole('list', { name: 'Files' })
    .locator('[data-stop]')
    .filter({ has: page.locator('.file-name > .cut:first-child').getByText(name, { exact: true }) });

const isFor = (options: unknown, name: string): boolean =>
  (options as { defaultPath: string }).defaultPath.endsWith(`/${name}`);

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.querySelector('.cut')?.textContent ?? '');

const reaches = (page: Page, name: string): Promise<unknown> =>
  eventually(async () => (await focused(page)) === name, `the keyboard at ${name}`);

async function dropOn(app: RunningApp, page: Page, ...paths: string[]): Promise<void> {
  const [window] = await app.act.windows();
  const list = await page.getByRole('region', { name: 'Files of web' }).boundingBox();
  const spot = { x: (list?.x ?? 0) + 100, y: (list?.y ?? 0) + 200 };
  await app.act.dropAt(window?.id ?? 0, spot, ...paths);
}

describe('the files of a machine', () => {
  it('are walked through by keyboard alone, and the way is in the address', async () => {
    const { page } = await atFiles(
      '/',
      'mkdir -p /srv/site/deep && echo hi >/srv/site/page.html && echo x >/srv/.hidden',
    );
    await file(page, 'srv').focus();
    await page.keyboard.press('Enter');
    await reaches(page, 'site');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toBe('.hidden');
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await reaches(page, 'deep');
    expect(new URL(page.url()).hash).toMatch(/files\/%2Fsrv%2Fsite$/);
    await page.keyboard.press('Enter');
    await page.getByText('This folder is empty.').waitFor();
    await page.keyboard.press('Backspace');
    await reaches(page, 'deep');
    await page.keyboard.press('Backspace');
    await reaches(page, 'site');
    expect(await violations(page)).toEqual([]);
    await page.reload();
    await file(page, '.hidden').waitFor();
  });

  it('are saved where the person says, to the byte, and folders whole', async () => {
    const { app, page, sh } = await atFiles(
      '/data',
      'mkdir -p /data/tree/sub && head -c 3000000 /dev/urandom >/data/noise && ln -s noise /data/link && echo deep >/data/tree/sub/leaf && mkfifo /data/tree/pipe',
    );
    await app.act.choose(join(here, 'noise.bin'));
    await file(page, 'noise').press('Enter');
    await page.getByText(`Saved noise as ${join(here, 'noise.bin')}`).waitFor();
    const noise = await sh('cat /data/noise');
    expect(noise.length).toBe(3_000_000);
    expect(readFileSync(join(here, 'noise.bin')).equals(noise)).toBe(true);

    await app.act.choose(join(here, 'linked'));
    await file(page, 'link').dblclick();
    await page.getByText('Saved link as').waitFor();
    expect(readFileSync(join(here, 'linked')).equals(noise)).toBe(true);

    await app.act.choose(join(here, 'tree'));
    await file(page, 'tree').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Left out: tree/pipe is a named pipe').waitFor();
    expect(readFileSync(join(here, 'tree', 'sub', 'leaf'), 'utf8')).toBe('deep\n');

    const saved = readdirSync(here);
    const asked = () => app.told.filter(({ event, options }) => event === 'dialog' && isFor(options, 'noise')).length;
    await app.act.choose();
    await file(page, 'noise').press('Space');
    await eventually(() => asked() === 2, 'the dialog to be dismissed');
    await app.act.choose(join(here, 'later.bin'));
    await file(page, 'noise').evaluate((row: HTMLElement) => row.click());
    await page.getByText(`Saved noise as ${join(here, 'later.bin')}`).waitFor();
    expect(await page.getByRole('alert').allTextContents()).toEqual([expect.stringContaining('Left out: tree/pipe')]);
    expect(readdirSync(here).sort()).toEqual([...saved, 'later.bin'].sort());
  });

  it('that take long show how far they are, and leave nothing when they are given up', async () => {
    const { app, page } = await atFiles('/data', 'mkdir /data && truncate -s 500M /data/large');
    await app.act.choose(join(here, 'large'));
    await file(page, 'large').press('Enter');
    const saving = page.getByRole('region', { name: 'Saving large' });
    await saving.getByText(/ of 500 MiB/).waitFor();
    await saving.getByRole('button', { name: 'Give up: Saving large' }).click();
    await saving.waitFor({ state: 'detached' });
    await eventually(() => readdirSync(here).length === 0, 'what was not whole to go away');
    expect(await page.getByRole('alert').getByText('given up').count()).toBe(0);

    await app.act.choose(join(here, 'large'));
    await file(page, 'large').press('Enter');
    await saving.waitFor();
    await page.reload();
    await file(page, 'large').waitFor();
    await eventually(() => readdirSync(here).length === 0, 'the copy of a page that is gone to go away');
  });

  it('are dropped into the folder that is shown, and what would be replaced is asked for first', async () => {
    const { app, page, sh } = await atFiles('/data', 'mkdir /data && echo old >/data/letter.txt');
    mkdirSync(join(here, 'photos', 'june'), { recursive: true });
    writeFileSync(join(here, 'photos', 'june', 'one.raw'), Buffer.from([0, 255, 1, 254]));
    writeFileSync(join(here, 'letter.txt'), 'new\n');
    await dropOn(app, page, join(here, 'photos'));
    await file(page, 'photos').waitFor();
    expect([...(await sh('cat /data/photos/june/one.raw'))]).toEqual([0, 255, 1, 254]);

    await dropOn(app, page, join(here, 'letter.txt'));
    const question = page.getByRole('dialog', { name: 'Replace letter.txt?' });
    await question.getByText('mvm cp letter.txt web:/data/').waitFor();
    expect((await sh('cat /data/letter.txt')).toString()).toBe('old\n');
    await question.getByRole('button', { name: 'Replace' }).click();
    await page.getByText('Copied letter.txt to web:/data').waitFor();
    expect((await sh('cat /data/letter.txt')).toString()).toBe('new\n');
    expect(await page.getByRole('region', { name: /^Import of/ }).count()).toBe(0);

    await sh('echo old >/data/unseen');
    writeFileSync(join(here, 'unseen'), 'new\n');
    await dropOn(app, page, join(here, 'unseen'));
    await page.getByRole('dialog', { name: 'Replace unseen?' }).waitFor();
    expect((await sh('cat /data/unseen')).toString()).toBe('old\n');
  });

  it('are chosen with the button as well', async () => {
    const { app, page, sh } = await atFiles('/tmp');
    const chosen = join(here, 'chosen');
    writeFileSync(chosen, 'by hand');
    const [window] = await app.act.windows();
    await app.act.know(window?.id ?? 0, chosen);
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Add files…' }).click(),
    ]);
    await chooser.setFiles(chosen);
    await page.getByText('Copied chosen to web:/tmp').waitFor();
    expect((await sh('cat /tmp/chosen')).toString()).toBe('by hand');
  });

  it('say what is wrong: a folder that went away, a full disk, a machine that stopped', async () => {
    const { app, page, sh, world } = await atFiles(
      '/full',
      'mkdir /full && mount -t tmpfs -o size=64k tmpfs /full && mkdir /full/gone',
    );
    await sh('rmdir /full/gone');
    await file(page, 'gone').click();
    await page.getByRole('alert').getByText('there is no folder /full/gone').waitFor();
    await page.getByRole('link', { name: 'full' }).click();
    await page.getByText('This folder is empty.').waitFor();
    writeFileSync(join(here, 'large'), Buffer.alloc(1_000_000));
    await dropOn(app, page, join(here, 'large'));
    await page.getByRole('alert').getByText("the machine's disk has no room for large").waitFor();
    await world.mvm(['stop', '-t', '0', 'web']);
    await page.getByText('It does not run, so').waitFor();
    await dropOn(app, page, join(here, 'large'));
    const refused = page.getByRole('alert').filter({ hasText: 'Nothing can be copied into web now' });
    await refused.getByText('Only a machine that runs takes files.').waitFor();
    expect(new URL(page.url()).hash).toMatch(/files\/%2Ffull$/);
    await world.mvm(['start', 'web']);
    await sh('touch /etc/later');
    await page.getByRole('link', { name: 'The root of web' }).click();
    await file(page, 'etc').click();
    await file(page, 'later').waitFor();
  });
});

describe('the files of a machine in a browser', () => {
  /** A window at a folder of machine web. */
  async function browserAt(path: string, prepare: string, w = world()): Promise<Page> {
    await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '100000']);
    expect((await w.mvm(['exec', 'web', 'sh', '-c', prepare])).code).toBe(0);
    const page = await openWindow(w, { permissions: ['clipboard-write', 'clipboard-read'] });
    await page.evaluate((to) => {
      location.hash = `#/machines/web/files/${encodeURIComponent(to)}`;
    }, path);
    await page.getByRole('list', { name: 'Files' }).waitFor();
    return page;
  }

  it('are shown by names that no guest can make look like others', async () => {
    const page = await browserAt(
      '/odd',
      `mkdir /odd && cd /odd && touch "$(printf 'a\\nb')" "$(printf 'gpj.\\342\\200\\256txt')" '<b>bold' "$(printf 'z\\377')" "$(printf 'z\\376')"`,
    );
    const names = await page.locator('.file-name > .cut:first-child').allTextContents();
    expect(names).toEqual(['<b>bold', 'a\\x0ab', 'gpj.\\u202etxt', 'z\uFFFD', 'z\uFFFD']);
    await file(page, 'z\uFFFD').first().press('Enter');
    await page.getByText('Copied mvm cp web:/odd .').waitFor();
  });

  it('come out by the command that it copies, and go in by the one that it tells', async () => {
    const page = await browserAt('/etc', 'true');
    await file(page, 'hosts').press('Enter');
    await page.getByText('Copied mvm cp web:/etc/hosts .').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mvm cp web:/etc/hosts .');
    await page.getByText('mvm cp FILE web:/etc/').waitFor();
    await page.getByRole('region', { name: 'Files of web' }).evaluate((section) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'letter.txt'));
      section.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    });
    const told = page.getByRole('alert').filter({ hasText: 'A browser does not tell where letter.txt lies' });
    await told.getByText('mvm cp letter.txt web:/etc/').waitFor();
  });

  it('stay in sight while the service is gone, and are read again when it is back', async () => {
    const w = world();
    const page = await browserAt('/etc', 'true', w);
    // Made before the service goes: the window may read the folder as soon as a service is back.
    expect((await w.mvm(['exec', 'web', 'touch', '/etc/later'])).code).toBe(0);
    expect(await file(page, 'later').count()).toBe(0);
    process.kill(await w.servicePid(), 'SIGKILL');
    await page.getByRole('alert').filter({ hasText: 'The service stopped answering' }).waitFor();
    await file(page, 'hosts').waitFor();
    expect(await page.getByRole('button', { name: 'Read it again' }).isDisabled()).toBe(true);
    expect((await w.mvm(['ps'])).code).toBe(0);
    await file(page, 'later').waitFor();
  });

  it('are as many as there are, shown in parts', async () => {
    const page = await browserAt('/many', 'mkdir /many && cd /many && seq -w 1 2500 | xargs touch && mkdir zoo');
    await page.getByText('2000 of 2501').waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await file(page, 'zoo').waitFor();
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
    await file(page, 'zoo').focus();
    await page.keyboard.press('End');
    await reaches(page, '2500');
  });
});

it('a page copies no file that nobody gave it, and nothing without a machine', async () => {
  const app = await desktop().start({ page: join(import.meta.dirname, 'page') });
  const page = await app.page();
  const refusals = await page.evaluate(() => {
    const { desktop: given } = window.mvm;
    const copies = [
      given?.copyIn({ machine: 'web', path: '/' }, [new File(['x'], 'x')], () => undefined),
      given?.copyOut({ machine: '', path: '/' }, () => undefined),
    ];
    return Promise.all(copies.map((copy) => copy?.ended.catch((error: { code: string }) => error.code)));
  });
  expect(refusals).toEqual(['bridge.invalid', 'bridge.invalid']);
});
