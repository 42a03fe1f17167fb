/** The window on a bench: a page of the bundle in Chromium, on the ground's own service. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { findRunFolder, homePaths, serviceSocket } from '../../../vmm/paths.ts';
import { launchBrowser } from '../../desktop/chromium.ts';
import { type PageServer, servePage } from '../../desktop/page-server.ts';
import type { Ground } from '../ground.ts';

export class DesktopGround {
  readonly ground: Ground;
  readonly #browser: Browser;
  readonly #server: PageServer;

  private constructor(ground: Ground, browser: Browser, server: PageServer) {
    this.ground = ground;
    this.#browser = browser;
    this.#server = server;
  }

  static async on(ground: Ground): Promise<DesktopGround> {
    await ground.ready();
    await ground.call('changeSetting', { name: 'welcomed', value: true });
    const server = await servePage(() => serviceSocket(findRunFolder(homePaths(ground.home)) ?? ''));
    return new DesktopGround(ground, await launchBrowser(), server);
  }

  /** A page that nothing of is cached; `script` runs in it before its own. */
  async page(path: string, script?: () => void): Promise<{ page: Page; context: BrowserContext }> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    if (script) await page.addInitScript(script);
    await page.goto(`${this.#server.origin}${path}`);
    return { page, context };
  }

  async end(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
  }
}
