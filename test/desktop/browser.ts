/** The window in a real browser, for tests: a page of the renderer's bundle on a world's own service. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach } from 'vitest';
import type { World } from '../world.ts';
import { launchBrowser } from './chromium.ts';
import { servePage } from './page-server.ts';

interface WindowOptions extends BrowserContextOptions {
  /** the window greets whoever it never saw */
  firstStart?: boolean;
}

let browser: Promise<Browser> | null = null;
const open: (() => Promise<unknown>)[] = [];

/** A window of its own on the world's service, closed with the test. Errors in its script fail the test. */
export async function openWindow(world: World, { firstStart = false, ...options }: WindowOptions = {}): Promise<Page> {
  browser ??= launchBrowser();
  await world.mvm(['ps']);
  // The first minute is one view of many.
  if (!firstStart) await world.api('PUT', '/v1/settings/welcomed', { value: true });
  const server = await servePage(() => world.socketPath);
  const context = await (await browser).newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  open.push(async () => {
    await context.close();
    await server.close();
    if (errors[0]) throw errors[0];
  });
  await page.goto(server.origin);
  return page;
}

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

afterAll(async () => {
  await (await browser)?.close();
  browser = null;
});

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong with the page as it is shown now, a line each. */
export async function violations(page: Page): Promise<string[]> {
  // Through the protocol and not as a script element, which the page's own policy refuses.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      nodes: { target: unknown[]; failureSummary?: string }[];
    }
    const found = await axe.run();
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
    );
  });
}
