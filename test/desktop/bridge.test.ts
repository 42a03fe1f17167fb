import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Bridge } from '../../vmm/contract/bridge.ts';
import type { ErrorBody, RunRequest } from '../../vmm/contract/types.ts';
import { eventually } from '../world.ts';
import { desktop } from './app.ts';
import { running } from './request.ts';

declare global {
  interface Window {
    readonly mvm: Bridge;
    commands: unknown[];
    run(request: RunRequest, input: string): Promise<string>;
    ended: Promise<{ said: string; exit?: number; error?: ErrorBody }>;
  }
}

const PAGE = join(import.meta.dirname, 'page');

/** The error that a page's call ends with. */
const refusal = (page: Page, name: string, input: unknown): Promise<ErrorBody> =>
  page.evaluate(
    ([asked, given]) =>
      window.mvm.call(asked as never, given as never).then(
        () => ({ code: 'none', message: 'it was answered' }),
        (error: ErrorBody) => error,
      ),
    [name, input] as const,
  );

describe('the bridge of a window', () => {
  it('answers the calls of the contract, with the service started by it', async () => {
    const app = await desktop().start({ page: PAGE });
    const page = await app.page();
    expect(await page.evaluate(() => window.mvm.call('machines', {}))).toEqual({ machines: [] });
    const { version } = await page.evaluate(() => window.mvm.call('version', {}));
    expect(version).toBe(await page.evaluate(() => window.mvm.version));
  });

  it('gives a page no more than itself', async () => {
    const app = await desktop().start({ page: PAGE });
    const page = await app.page();
    const found = await page.evaluate(() => ({
      require: typeof Reflect.get(window, 'require'),
      process: typeof Reflect.get(window, 'process'),
      frozen: Object.isFrozen(window.mvm),
      keys: Object.keys(window.mvm).toSorted(),
    }));
    expect(found).toEqual({
      require: 'undefined',
      process: 'undefined',
      frozen: true,
      keys: ['call', 'desktop', 'onCommand', 'open', 'pathOf', 'platform', 'version'],
    });
  });

  it('refuses what the contract does not have, and what is not for a window', async () => {
    const home = desktop();
    const app = await home.start({ page: PAGE });
    const page = await app.page();
    expect(await refusal(page, 'toString', {})).toMatchObject({ code: 'bridge.unknown' });
    expect(await refusal(page, 'run', {})).toMatchObject({ code: 'bridge.unknown' });
    expect(await refusal(page, 'shutdown', {})).toMatchObject({ code: 'bridge.refused' });
    expect(await refusal(page, 'machine', 'web')).toMatchObject({ code: 'bridge.invalid' });
    expect(await refusal(page, 'machine', { machine: 'web' })).toMatchObject({ code: 'machine.not-found' });
    expect(home.log()).toContain('refused mvm:call: shutdown is not for a window');
  });

  it('is closed to a page that is not ours, and says so in the log', async () => {
    const home = desktop();
    const app = await home.start({ page: PAGE });
    const page = await app.page();
    await page.context().route('https://elsewhere.invalid/', (route) => route.fulfill({ body: 'not ours' }));
    const [shown] = await app.act.windows();
    await app.act.loadInWindow(shown?.id ?? 0, 'https://elsewhere.invalid/');
    await page.waitForURL('https://elsewhere.invalid/');
    expect(await refusal(page, 'machines', {})).toMatchObject({ code: 'bridge.foreign' });
    expect(home.log()).toContain('https://elsewhere.invalid/ may not ask for mvm:call');
  });

  it('carries a program from the page to a guest and back', async () => {
    const app = await desktop().start({ page: PAGE });
    const page = await app.page();
    await page.evaluate((request) => window.run(request, 'through the bridge'), running('sh', '-c', 'cat; exit 3'));
    expect(await page.evaluate(() => window.ended)).toEqual({ said: 'through the bridge', exit: 3 });
  });

  it('ends a stream that cannot be, with the reason', async () => {
    const app = await desktop().start({ page: PAGE });
    const page = await app.page();
    const end = (name: string, input: object) =>
      page.evaluate(
        ([asked, given]) =>
          new Promise((resolve) =>
            window.mvm.open(asked as never, given as never, { message: () => undefined, closed: resolve }),
          ),
        [name, input] as const,
      );
    expect(await end('constructor', {})).toMatchObject({ code: 1008, error: { code: 'bridge.unknown' } });
    expect(await end('console', { machine: 'web' })).toMatchObject({ error: { code: 'machine.not-found' } });
  });

  it('ends the program of a window that is closed', async () => {
    const home = desktop();
    const app = await home.start({ page: PAGE });
    const page = await app.page();
    const machine = await page.evaluate((request) => window.run(request, ''), running('sleep', '600'));
    expect((await home.world.machines()).map(({ id }) => id)).toEqual([machine]);
    const [shown] = await app.act.windows();
    await app.act.closeWindow(shown?.id ?? 0);
    await eventually(async () => (await home.world.machines()).length === 0, 'the program to end');
  });
});
