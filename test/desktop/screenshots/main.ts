/** `npm run screenshots [-- FOLDER]`: every view and state of the window, light and dark, as pictures for people. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { findRunFolder, homePaths, serviceSocket } from '../../../vmm/paths.ts';
import { Ground } from '../../bench/ground.ts';
import { launchBrowser } from '../chromium.ts';
import { servePage } from '../page-server.ts';
import { emptyView, noImagesView, type View, views } from '../views.ts';

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../../../.build/screenshots'));
const SIZES = { normal: { width: 1280, height: 800 }, narrow: { width: 900, height: 600 } };
const NARROW = new Set(['machines', 'overview', 'terminal', 'run', 'images', 'settings']);

mkdirSync(folder, { recursive: true });
const browser = await launchBrowser();
const ground = new Ground(AbortSignal.timeout(600_000));
try {
  await mvm('doctor', '--json');
  for (const theme of ['light', 'dark'] as const)
    for (const view of [emptyView, noImagesView]) await picture(browser, view, theme, 'normal');
  await mvm('run', '-d', '--name', 'web', '-p', '8080', 'linux', 'sh', '-c', saysHello());
  await mvm('run', '-d', '--name', 'db', '-m', '256m', 'linux', 'sleep', '3600');
  await mvm('run', '--name', 'nightly', 'linux', 'true');
  await mvm('run', '-d', '--name', 'broken', 'linux', 'sh', '-c', 'exit 3');
  for (const theme of ['light', 'dark'] as const) {
    for (const view of views) {
      await picture(browser, view, theme, 'normal');
      if (NARROW.has(view.name)) await picture(browser, view, theme, 'narrow');
    }
  }
} finally {
  await browser.close();
  await ground.end();
}
console.log(folder);

function mvm(...words: string[]): Promise<unknown> {
  return ground.run(['./mvm', ...words]);
}

/** `hello from` is what the views wait for. */
function saysHello(): string {
  return 'echo hello from $(hostname); i=0; while :; do i=$((i+1)); echo "$(date +%T) request $i"; sleep 1; done';
}

async function picture(on: Browser, view: View, theme: 'light' | 'dark', size: keyof typeof SIZES): Promise<void> {
  const server = await servePage(() => serviceSocket(findRunFolder(homePaths(ground.home)) ?? ''));
  const context = await on.newContext({ viewport: SIZES[size], colorScheme: theme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(server.origin);
  await page
    .getByRole('heading', { name: /^(Machines|No machines yet)$/ })
    .first()
    .waitFor();
  try {
    await view.open(page);
    const name = [view.name.replaceAll(' ', '-'), size === 'narrow' ? size : '', theme].filter(Boolean).join('.');
    await page.screenshot({ path: join(folder, `${name}.png`) });
  } finally {
    await context.close();
    await server.close();
  }
}
