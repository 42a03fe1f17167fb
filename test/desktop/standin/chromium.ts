/** One Chromium for the app's life, killed with it. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

export interface Chromium {
  browser: Browser;
  context: BrowserContext;
  /** where the test connects as well */
  address: string;
}

const OPTIONS = [
  '--headless',
  '--no-sandbox',
  // Without WebGL xterm draws text, which a test can read.
  '--disable-gpu',
  '--disable-3d-apis',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--remote-debugging-port=0',
];

export async function startChromium(userData: string): Promise<Chromium> {
  const profile = mkdtempSync(join(userData, 'chromium-'));
  const child = spawn('/usr/bin/chromium', [...OPTIONS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Its helpers share the group, so that none outlives the app.
    detached: true,
  });
  process.on('exit', () => {
    try {
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  });
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /DevTools listening on (ws:\S+)/.exec(said);
      if (found?.[1]) resolve(found[1]);
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`chromium ended: ${said.slice(-500)}`)));
  });
  const browser = await chromium.connectOverCDP(address);
  const [context] = browser.contexts();
  if (!context) throw new Error('chromium has no context');
  return { browser, context, address };
}
