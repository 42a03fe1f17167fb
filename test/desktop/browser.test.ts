import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { pageDoor } from '../../vmm/contract/page-door.ts';
import { eventually, type World, world } from '../world.ts';
import { launchBrowser } from './chromium.ts';

interface Answer {
  status: number;
  body: string;
  headers: Record<string, unknown>;
}

/** A request as any program or page could send it, with headers of its choice. */
function ask(address: string, path: string, method = 'GET', headers: Record<string, string> = {}, body?: object) {
  const { hostname, port } = new URL(address);
  return new Promise<Answer>((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers, agent: false }, async (response) => {
      let text = '';
      for await (const part of response) text += part;
      resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers });
    });
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}

/** How a stream ended whose first message is this. */
function stream(address: string, first: string | null, options: { origin?: string; path?: string } = {}) {
  const { host, origin } = new URL(address);
  const socket = new WebSocket(`ws://${host}${options.path ?? '/v1/events'}`, { origin: options.origin ?? origin });
  return new Promise<number | string>((resolve) => {
    socket.on('open', () => first !== null && socket.send(first));
    socket.on('message', (data) => {
      resolve(JSON.parse(data.toString()).type);
      socket.close(1000);
    });
    socket.on('close', (code) => resolve(code));
    socket.on('error', (error) => resolve(error.message));
  });
}

/** What the door answers to a call of a page with this key, or how it turns it away. */
function call(address: string, key: string, name: string, input: object = {}): Promise<unknown> {
  const { host, origin } = new URL(address);
  const socket = new WebSocket(`ws://${host}${pageDoor.calls}`, { origin });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.send(JSON.stringify({ key }));
      socket.send(JSON.stringify({ id: 1, name, input }));
    });
    socket.on('message', (data) => {
      const { type, output, error } = JSON.parse(data.toString());
      if (type === 'hello') return;
      resolve(output ?? error.code);
      socket.close(1000);
    });
    socket.on('close', (code) => resolve(code));
    socket.on('error', (error) => resolve(error.message));
  });
}

async function opened(w: World): Promise<{ address: string; key: string }> {
  const { stdout } = await w.mvm(['ui', '--browser', '--no-open']);
  const address = stdout.trim();
  const { body } = await ask(address, pageDoor.key, 'POST', {}, { token: tokenOf(address) });
  return { address, key: JSON.parse(body).key };
}

const tokenOf = (address: string): string => /#token=(.+)$/.exec(address)?.[1] ?? '';

describe('mvm ui --browser', () => {
  it('opens the window in a browser, which goes on after it is loaded again', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '600']);
    const { stdout } = await w.mvm(['ui', '--browser', '--no-open']);
    const browser = await launchBrowser();
    try {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(stdout.trim());
      await page.getByText('web', { exact: true }).first().waitFor();
      expect(page.url()).not.toContain('token');
      await page.reload();
      await page.getByText('web', { exact: true }).first().waitFor();
      expect(await context.cookies()).toEqual([]);
      // Another tab is another page: it has no key.
      const other = await context.newPage();
      await other.goto(page.url());
      await other.getByRole('heading', { name: 'This page has no key to the mvm service' }).waitFor();
    } finally {
      await browser.close();
    }
  });

  it('gives the browser the name of a file, not the address that everybody could read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mvm-opener-'));
    const seen = join(folder, 'seen');
    writeFileSync(join(folder, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > ${seen}\n`, { mode: 0o755 });
    const w = world({ env: { PATH: `${folder}${delimiter}${process.env.PATH}` } });
    const { stderr } = await w.mvm(['ui', '--browser']);
    const given = await eventually(() => readIfThere(seen), 'the browser to be asked');
    expect(given).toMatch(/^file:\/\/.*\/open\.html$/);
    const file = fileURLToPath(given);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const address = /http:\S+/.exec(stderr)?.[0] ?? '';
    expect(readFileSync(file, 'utf8')).toContain(`url=${address}"`);
  });

  it('answers who has the key, and sets no cookie', async () => {
    const { address, key } = await opened(world());
    expect(await call(address, key, 'machines')).toEqual({ machines: [] });
    expect(await call(address, key, 'machine', { machine: 'web' })).toBe('machine.not-found');
    expect(await call(address, key, 'machine', {})).toBe('request.invalid');
    for (const unknown of ['toString', 'run', '']) expect(await call(address, key, unknown)).toBe('request.unknown');
    expect(await stream(address, JSON.stringify({ key }))).toBe('snapshot');
    const page = await ask(address, '/');
    expect(page.headers['set-cookie']).toBeUndefined();
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('refuses everybody else, and says so in the log', async () => {
    const w = world();
    const { address, key } = await opened(w);
    const page = (headers: Record<string, string>) => ask(address, '/', 'GET', headers);
    const { host, port } = new URL(address);

    // The key opens streams of the page, and nothing else.
    for (const headers of [{}, { authorization: `Bearer ${key}` }, { cookie: `key=${key}` }])
      expect((await ask(address, '/v1/machines', 'GET', headers as Record<string, string>)).status).toBe(403);
    expect((await page({ origin: 'https://elsewhere.invalid' })).status).toBe(403);
    expect((await page({ origin: 'null' })).status).toBe(403);
    expect((await page({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    // A name of somebody else's that was made to lead here (DNS rebinding), and other names of this computer.
    for (const other of [`elsewhere.invalid:${port}`, `localhost:${port}`, '127.0.0.1', `127.0.0.1:${port}.invalid`])
      expect((await page({ host: other })).status).toBe(403);
    expect((await page({ host, origin: `http://${host}` })).status).toBe(200);
    const preflight = { origin: 'https://elsewhere.invalid', 'access-control-request-method': 'GET' };
    const asked = await ask(address, '/v1/machines', 'OPTIONS', preflight);
    expect(asked.status).toBe(403);
    expect(asked.headers['access-control-allow-origin']).toBeUndefined();

    for (const path of ['/v1/events', pageDoor.calls, pageDoor.back])
      for (const first of ['{"key":"guess"}', 'no key at all', '{"page":"guess","nonce":"guess"}'])
        expect(await stream(address, first, { path })).toBe(1008);
    const foreign = { origin: 'https://elsewhere.invalid' };
    expect(await stream(address, JSON.stringify({ key }), foreign)).toContain('403');
    expect(await stream(address, JSON.stringify({ key }), { ...foreign, path: pageDoor.calls })).toContain('403');

    const log = w.serviceLog();
    for (const why of ['without the key', 'from https://elsewhere.invalid', `for the host elsewhere.invalid:${port}`])
      expect(log).toContain(`refused, ${why}`);
    expect(log).not.toContain(key);
  });

  it('takes a token once', async () => {
    const w = world();
    const address = (await w.mvm(['ui', '--browser', '--no-open'])).stdout.trim();
    const exchange = (token: unknown, headers = {}) => ask(address, pageDoor.key, 'POST', headers, { token } as object);
    expect((await exchange('guess')).status).toBe(403);
    expect((await exchange({ $ne: null })).status).toBe(403);
    expect((await exchange(tokenOf(address), { origin: 'https://elsewhere.invalid' })).status).toBe(403);
    expect((await exchange(tokenOf(address))).status).toBe(200);
    expect((await exchange(tokenOf(address))).status).toBe(403);
    expect(w.serviceLog()).toContain('with a token that was used, is too old, or is none');
  });

  it('does not end the service, nor serve files of anybody else', async () => {
    const w = world();
    const { address, key } = await opened(w);
    expect(await call(address, key, 'shutdown')).toBe('page.refused');
    expect(await call(address, key, 'openPage')).toBe('page.refused');
    expect(w.serviceLog()).toContain('refused, for shutdown');
    for (const path of ['/../package.json', '/..%2fservice.mjs', '/.stamp', '//etc/passwd', '/main.js/', '/%00'])
      expect((await ask(address, path)).status).toBe(404);
    expect((await ask(address, '/main.js')).headers['content-type']).toContain('text/javascript');
    expect((await ask(address, '/', 'POST')).status).toBe(404);
  });

  it('is closed by default, when asked to, and when no page uses it', async () => {
    const w = world();
    await w.mvm(['ps']);
    expect(w.serviceLog()).not.toContain('the door for browsers');
    const { address, key } = await opened(w);
    await w.mvm(['ui', '--close']);
    await expect(ask(address, '/')).rejects.toThrow('ECONNREFUSED');
    const again = await opened(w);
    expect(await call(again.address, key, 'machines')).toBe(1008);

    const brief = world();
    await brief.mvm(['ps']);
    await brief.api('PUT', '/v1/settings/pageIdleMs', { value: 100 });
    await brief.api('POST', '/v1/shutdown');
    await eventually(async () => (await brief.mvm(['ui', '--browser', '--no-open'])).code === 0, 'the next service');
    await eventually(() => /the door for browsers at \S+ is closed/.test(brief.serviceLog()), 'the door to close');
  });
});

describe('mvm ui', () => {
  it('says how to get the app where there is none', async () => {
    const { code, stderr } = await world().mvm(['ui']);
    expect(code).toBe(125);
    expect(stderr).toContain('mvm ui --browser');
  });
});

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8') || undefined;
  } catch {
    // Not yet.
    return undefined;
  }
}
