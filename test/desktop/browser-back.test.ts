import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { newNonce, pageDoor } from '../../vmm/contract/page-door.ts';
import { findRunFolder, homePaths, pageDoorsFile } from '../../vmm/paths.ts';
import { eventually, type World, world } from '../world.ts';
import { launchBrowser } from './chromium.ts';
import { screen, shows, type } from './page-terminal.ts';

let browser: Promise<Browser> | null = null;
afterAll(async () => {
  await (await browser)?.close();
});

const PARTS = join(import.meta.dirname, '../../.build/renderer');

/** The page as `mvm ui --browser` opens it. */
async function openPage(w: World): Promise<Page> {
  await w.mvm(['ps']);
  await w.api('PUT', '/v1/settings/welcomed', { value: true });
  const { stdout } = await w.mvm(['ui', '--browser', '--no-open']);
  browser ??= launchBrowser();
  const page = await (await browser).newPage();
  await page.goto(stdout.trim());
  await page.getByText('mvm').first().waitFor();
  return page;
}

const doorsFile = (w: World): string => pageDoorsFile(findRunFolder(homePaths(w.home)) ?? '');

/** The page is told who it is with the first answer to a call. */
const isKnown = (w: World): Promise<unknown> => eventually(() => existsSync(doorsFile(w)), 'the page to be known');

const banner = (page: Page) => page.getByRole('alert').filter({ hasText: 'The service stopped answering' });

describe('a page in a browser whose service was killed', () => {
  it('says which command starts the next one, and goes on by itself with what was typed meanwhile', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', '--stop-timeout', '1s', 'linux', 'sleep', '600']);
    const page = await openPage(w);
    await page.getByRole('link', { name: /web/ }).click();
    await page.getByRole('button', { name: /^Terminal/ }).click();
    await shows(page, '# ');
    await type(page, 'marked=before');
    await shows(page, 'marked=before');
    // Twice: the second time by what it is known by to a service that did not open it.
    for (const time of ['first', 'second']) {
      await w.killService();
      await banner(page).getByText('mvm ps').waitFor();
      await type(page, `echo ${time}: it was $marked`);
      expect((await w.mvm(['ps'])).code).toBe(0);
      await banner(page).waitFor({ state: 'detached' });
      await shows(page, `${time}: it was before`);
    }
    expect((await screen(page)).match(/: it was before/g)).toHaveLength(2);
    await w.mvm(['stop', 'web']);
    await page.getByRole('img', { name: 'Stopped' }).first().waitFor();
  });

  it('has left what it is known by in a file that has no key in it', async () => {
    const w = world();
    const page = await openPage(w);
    await isKnown(w);
    expect(statSync(doorsFile(w)).mode & 0o777).toBe(0o600);
    const key = await page.evaluate(() => sessionStorage.getItem('mvm-key'));
    const kept = readFileSync(doorsFile(w), 'utf8');
    expect(kept).not.toContain(key);
    const { doors } = JSON.parse(kept);
    const { port, pages } = doors[0];
    expect(port).toBe(Number(new URL(page.url()).port));
    expect(Object.keys(pages[0]).toSorted()).toEqual(['digest', 'id', 'until']);
    // Who closes the page is not waited for.
    await page.close();
    await eventually(() => !existsSync(doorsFile(w)), 'the page to be forgotten');
  });

  it('loads all its parts while it is certain who sends them', async () => {
    const w = world();
    const page = await openPage(w);
    const parts = readdirSync(PARTS).filter((name) => name.endsWith('.js'));
    const loaded = () => page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    await eventually(
      async () => {
        const names = await loaded();
        return parts.every((part) => names.some((name) => name.endsWith(`/${part}`)));
      },
      `${parts.join(', ')} to be loaded`,
    );
  });

  it('is not loaded again where another program could have been, and says how it is opened', async () => {
    const w = world();
    const page = await openPage(w);
    await isKnown(w);
    await w.killService();
    await w.mvm(['ps']);
    await banner(page).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByText('mvm ui --browser opens it again').waitFor();
    // New pages have a port that nobody had meanwhile.
    const { stdout } = await w.mvm(['ui', '--browser', '--no-open']);
    expect(new URL(stdout).port).not.toBe(new URL(page.url()).port);
  });

  it('stays away when its door is closed for good', async () => {
    const w = world();
    const page = await openPage(w);
    await isKnown(w);
    await w.mvm(['ui', '--close']);
    expect(existsSync(doorsFile(w))).toBe(false);
    await w.killService();
    await nextServes(w);
    expect(w.serviceLog()).not.toMatch(/is open at \S+ again/);
    await expect(fetch(page.url())).rejects.toThrow();
  });

  it('is no longer awaited when it was away for long', async () => {
    const w = world();
    const page = await openPage(w);
    await isKnown(w);
    await w.api('PUT', '/v1/settings/pageIdleMs', { value: 100 });
    const { port } = new URL(page.url());
    await w.killService();
    await page.close();
    await w.mvm(['ps']);
    await eventually(() => w.serviceLog().includes(`127.0.0.1:${port} again`), 'the door to open again');
    await eventually(() => w.serviceLog().includes(`127.0.0.1:${port} is closed`), 'the door to close');
    expect(existsSync(doorsFile(w))).toBe(false);
  });

  it('finds no door open that nobody came back to for a week', async () => {
    const w = world();
    const page = await openPage(w);
    await isKnown(w);
    await w.killService();
    age(doorsFile(w));
    await nextServes(w);
    await expect(fetch(page.url())).rejects.toThrow();
    await eventually(() => !existsSync(doorsFile(w)), 'the page to be forgotten');
  });
});

/** The next service has opened whatever doors it does. */
async function nextServes(w: World): Promise<void> {
  const count = (): number => w.serviceLog().match(/ serves /g)?.length ?? 0;
  const before = count();
  await w.mvm(['ps']);
  await eventually(() => count() > before, 'the next service');
}

/** A week later, as the file has it. */
function age(file: string): void {
  const record = JSON.parse(readFileSync(file, 'utf8'));
  for (const { pages } of record.doors) for (const page of pages) page.until -= 8 * 86_400_000;
  writeFileSync(file, JSON.stringify(record));
}

/** Another program on the port, which hears everything and answers what it likes. */
async function impostor(
  port: number,
  answer: (said: string) => string | null,
): Promise<{ server: Server; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.end('<!doctype html><p>not mvm</p>');
  });
  const sockets = new WebSocketServer({ server });
  // A port that is not free yet is tried again below.
  sockets.on('error', () => undefined);
  sockets.on('connection', (client, request) => {
    heard.push(`${request.url} ${JSON.stringify(request.headers)}`);
    client.on('message', (data) => {
      heard.push(data.toString());
      const said = answer(data.toString());
      if (said !== null) client.send(said);
    });
  });
  await eventually(
    () =>
      new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen(port, '127.0.0.1', () => resolve(true));
      }),
    'the port to be free',
  );
  return { server, heard };
}

describe('another program on the port of a page', () => {
  it('is told nothing that opens a door, and the next service does not take the page back', async () => {
    const w = world();
    const page = await openPage(w);
    await isKnown(w);
    const key = await page.evaluate(() => sessionStorage.getItem('mvm-key') ?? '');
    const port = Number(new URL(page.url()).port);
    await w.killService();
    const proof = JSON.stringify({ nonce: newNonce(), proof: newNonce() });
    const { server, heard } = await impostor(port, () => proof);
    await banner(page).getByText('mvm ui --browser').waitFor();
    await eventually(() => heard.filter((each) => each.includes('"nonce"')).length > 1, 'the page to try again');
    expect(heard.join('\n')).not.toContain(key);
    // Where it is, who it would be, and nothing but that.
    expect(
      new Set(heard.map((each) => (each.startsWith('{') ? Object.keys(JSON.parse(each)).join() : 'an opening'))),
    ).toEqual(new Set(['an opening', 'page,nonce']));
    await w.mvm(['ps']);
    await eventually(
      () => w.serviceLog().includes(`stays closed: another program has port ${port} by now`),
      'the service to say so',
    );
    await eventually(() => !existsSync(doorsFile(w)), 'the page to be forgotten');
    server.closeAllConnections();
    server.close();
    await w.killService();
    await nextServes(w);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it('cannot come back in its place with what it heard', async () => {
    const w = world();
    const page = await openPage(w);
    await isKnown(w);
    const { origin, host, port } = new URL(page.url());
    await w.killService();
    const { server, heard } = await impostor(Number(port), () => null);
    const greeting = await eventually(() => heard.find((each) => each.startsWith('{')), 'the page to ask');
    server.closeAllConnections();
    server.close();
    await w.mvm(['ps']);
    await banner(page).waitFor({ state: 'detached' });
    const socket = new WebSocket(`ws://${host}${pageDoor.back}`, { origin });
    const code = await new Promise((resolve) => {
      socket.on('open', () => socket.send(greeting));
      // The service's proof is for the page's number alone, and given back to it proves nothing.
      socket.on('message', (data) => socket.send(JSON.stringify({ proof: JSON.parse(data.toString()).proof })));
      socket.on('close', resolve);
    });
    expect(code).toBe(1008);
    expect(w.serviceLog()).toContain(`GET ${pageDoor.back}: refused, without the key`);
  });
});
