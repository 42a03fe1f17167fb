import { describe, expect, it } from 'vitest';
import { world } from '../world.ts';
import { openWindow, violations } from './browser.ts';
import { populate } from './populated.ts';
import { emptyView, noImagesView, views } from './views.ts';

describe.each(['light', 'dark'] as const)('axe-core, in %s colours,', (colorScheme) => {
  it('finds nothing wrong in any view of a window with machines, nor when the service is gone', async () => {
    const w = world();
    await populate({ env: w.env, mvm: (words) => w.mvm(words), endService: () => w.killService() });
    const page = await openWindow(w, { colorScheme, reducedMotion: 'reduce' });
    const found: Record<string, string[]> = {};
    for (const { name, open } of views) {
      await page.goto(`${new URL(page.url()).origin}/?${encodeURIComponent(name)}#/machines`);
      await page.getByText('Choose a machine').waitFor();
      await open(page);
      found[name] = await violations(page);
    }
    await page.goto(`${new URL(page.url()).origin}/?gone#/machines/web`);
    await page.getByRole('heading', { name: 'web', exact: true }).waitFor();
    process.kill(await w.servicePid(), 'SIGKILL');
    await page.getByRole('alert').filter({ hasText: 'stopped answering' }).waitFor();
    found.gone = await violations(page);
    await w.mvm(['ps']);
    expect(Object.entries(found).filter(([, each]) => each.length > 0)).toEqual([]);
  });

  it('would find an image without a word for it', async () => {
    const page = await openWindow(world(), { colorScheme });
    await page.evaluate(() => document.body.append(document.createElement('img')));
    expect(await violations(page)).toContainEqual(expect.stringContaining('image-alt'));
  });

  it('finds nothing wrong in a window without machines and images', async () => {
    const page = await openWindow(world(), { colorScheme, reducedMotion: 'reduce' });
    for (const { open } of [emptyView, noImagesView]) {
      await open(page);
      expect(await violations(page)).toEqual([]);
    }
  });
});
