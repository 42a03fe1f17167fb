/** `npm run screenshots [-- FOLDER]`: every view and state of the window, light and dark, as pictures for people. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findRunFolder, homePaths, serviceSocket } from '../../../vmm/paths.ts';
import { Ground } from '../../bench/ground.ts';
import { launchBrowser } from '../chromium.ts';
import { servePage } from '../page-server.ts';
import { populate } from '../populated.ts';
import { emptyView, firstView, goneView, noImagesView, type View, views } from '../views.ts';

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../../../.build/screenshots'));
const SIZES = { normal: { width: 1280, height: 800 }, narrow: { width: 900, height: 600 } };
const NARROW = new Set(['machines', 'overview', 'terminal', 'run', 'images', 'settings']);
const THEMES = ['light', 'dark'] as const;

mkdirSync(folder, { recursive: true });
const browser = await launchBrowser();
const ground = new Ground(AbortSignal.timeout(900_000));
try {
  await ground.ready();
  await ground.call('removeImage', { image: 'linux' });
  await show([emptyView, noImagesView, firstView]);
  // That a machine fails is what one of the pictures is of.
  const mvm = (words: string[]) => ground.run(['./mvm', ...words]).catch(() => null);
  await populate({ env: ground.env, mvm, endService });
  await show(views);
  await show([goneView]);
} finally {
  await browser.close();
  await ground.end();
}
console.log(folder);

async function show(all: View[]): Promise<void> {
  for (const view of all) {
    await ground.call('changeSetting', { name: 'welcomed', value: view !== firstView });
    for (const theme of THEMES) {
      await picture(view, theme, 'normal');
      if (NARROW.has(view.name)) await picture(view, theme, 'narrow');
    }
  }
}

async function picture(view: View, theme: (typeof THEMES)[number], size: keyof typeof SIZES): Promise<void> {
  let isGone = false;
  const server = await servePage(() =>
    isGone ? '/nowhere' : serviceSocket(findRunFolder(homePaths(ground.home)) ?? ''),
  );
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: theme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  try {
    await page.goto(server.origin);
    await page.getByRole('heading').first().waitFor();
    if (view === goneView) {
      await page.getByText('Choose a machine').waitFor();
      isGone = true;
      server.cut();
    }
    await view.open(page);
    const name = [view.name.replaceAll(/\W+/g, '-'), size === 'narrow' ? size : '', theme].filter(Boolean).join('.');
    await page.screenshot({ path: join(folder, `${name}.png`) });
  } finally {
    await context.close();
    await server.close();
  }
}

async function endService(): Promise<void> {
  await ground.call('shutdown', {});
}
