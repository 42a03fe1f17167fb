/** Copies of a page that is loaded again: it numbers its own anew, while those of the earlier one still end. */
import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../world.ts';
import { desktop } from './app.ts';

declare global {
  interface Window {
    heard: number[];
  }
}

it('a page that is loaded again copies at once, and hears nothing of the copy before', async () => {
  const here = mkdtempSync(join(tmpdir(), 'mvm-copies-'));
  const large = join(here, 'large');
  writeFileSync(large, '');
  truncateSync(large, 500 * 1024 ** 2);
  const home = desktop();
  const { world } = home;
  await world.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '100000']);
  const app = await home.start({ page: join(import.meta.dirname, 'page') });
  const page = await app.page();
  const [shown] = await app.act.windows();
  await app.act.know(shown?.id ?? 0, large);
  await page.evaluate(() => {
    window.heard = [];
    const hear = ({ bytes }: { bytes: number }) => window.heard.push(bytes);
    void window.mvm.desktop?.copyIn({ machine: 'web', path: '/' }, [new File([], 'large')], hear);
  });
  await eventually(() => page.evaluate(() => window.heard.length > 0), 'the copy to be under way');
  // Its side of the copy does not answer that it was given up.
  await world.mvm(['pause', 'web']);
  await page.reload();
  await app.act.choose();
  const again = await page.evaluate(() => {
    window.heard = [];
    const hear = ({ bytes }: { bytes: number }) => window.heard.push(bytes);
    const begun = window.mvm.desktop?.copyOut({ machine: 'web', path: '/large' }, hear);
    return begun?.ended.catch((error: object) => error);
  });
  // The person thought better of it.
  expect(again).toBeNull();
  expect(await page.evaluate(() => window.heard)).toEqual([]);
  await world.mvm(['resume', 'web']);
});
