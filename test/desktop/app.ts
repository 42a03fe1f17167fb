/** The desktop app as it is bundled, on the stand-in for Electron, with a home and a service of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterEach } from 'vitest';
import { homePaths } from '../../vmm/paths.ts';
import { eventually, World } from '../world.ts';
import type { Acts } from './standin/control.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, '.build', 'electron', 'main.cjs');
const STAND_IN = join(import.meta.dirname, 'standin', 'register.ts');

export interface Told {
  event: string;
  [detail: string]: unknown;
}

export interface StartOptions {
  argv?: string[];
  env?: NodeJS.ProcessEnv;
  /** the folder of the page; by default the renderer's bundle */
  page?: string;
  /** another main process than the checkout's */
  main?: string;
}

type Act = { [Name in keyof Acts]: (...words: Parameters<Acts[Name]>) => Promise<Awaited<ReturnType<Acts[Name]>>> };

/** A person's desktop: a home, and the app that may be started in it again and again. */
export class Desktop {
  readonly world: World;
  readonly userData = mkdtempSync(join(tmpdir(), 'mvm-desktop-'));
  readonly #running: RunningApp[] = [];

  constructor(env: NodeJS.ProcessEnv) {
    // Links and login items of the app go into this home as well, not into that of who tests.
    this.world = new World({ env: { ...env, HOME: this.userData, XDG_CONFIG_HOME: join(this.userData, 'config') } });
  }

  async start({ argv = [], env = {}, page, main = MAIN }: StartOptions = {}): Promise<RunningApp> {
    const child = fork(main, argv, {
      execArgv: ['--disable-warning=ExperimentalWarning', '--import', STAND_IN],
      cwd: ROOT,
      env: {
        ...this.world.env,
        STANDIN_USER_DATA: this.userData,
        ...(page !== undefined && { MVM_RENDERER: page }),
        ...env,
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const app = new RunningApp(child);
    this.#running.push(app);
    await app.begun;
    return app;
  }

  log(): string {
    const path = homePaths(this.world.home).desktopLog;
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  async end(): Promise<void> {
    for (const app of this.#running) await app.end();
    await this.world.end();
    rmSync(this.userData, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

export class RunningApp {
  readonly told: Told[] = [];
  readonly exited: Promise<number | null>;
  /** its browser is there, or it ended */
  readonly begun: Promise<void>;
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, (told: Told) => void>();
  #browser: Browser | null = null;
  #last = 0;
  #gone = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.begun = promise;
    this.exited = new Promise((exited) => child.on('exit', exited));
    void this.exited.then(() => {
      this.#gone = true;
      resolve();
      for (const answer of this.#answers.values()) answer({ event: 'answer', failure: 'the app ended' });
    });
    child.on('message', (told: Told) => {
      if (told.event === 'answer') return this.#answers.get(told.id as number)?.(told);
      this.told.push(told);
      if (told.event === 'ready') this.#connect(String(told.address)).then(resolve, reject);
    });
  }

  /** The test's hand on tray, menus, dialogs and windows. */
  readonly act = new Proxy({} as Act, {
    get:
      (_target, act: string) =>
      (...words: unknown[]) =>
        this.#ask(act, words),
  });

  /** The page of the newest window, or of the one whose address holds the word. */
  async page(word = ''): Promise<Page> {
    const page = await eventually(
      async () => {
        const shown = (await this.act.windows()).filter(({ url }) => url.startsWith('app://') && url.includes(word));
        const target = shown.at(-1)?.target;
        return target !== undefined && this.#pageOf(target);
      },
      `a window with ${word || 'a page'}`,
    );
    await page.waitForLoadState();
    return page;
  }

  /** Waits until the app told of such an event. */
  async hears(event: string, fits: (told: Told) => boolean = () => true): Promise<Told> {
    return eventually(() => this.told.find((told) => told.event === event && fits(told)), `the app to tell ${event}`);
  }

  /** The tray's labels when they came to hold this one after `act`, which may have passed by the time of a look. */
  async trayPasses(label: string, act: () => unknown): Promise<string[]> {
    const before = this.told.length;
    await act();
    const shown = () => this.told.slice(before).flatMap(({ event, labels }) => (event === 'tray-menu' ? [labels] : []));
    return eventually(
      () => (shown() as string[][]).find((labels) => labels.includes(label)),
      `the tray to show ${label}`,
    );
  }

  async end(): Promise<void> {
    if (!this.#gone) {
      this.#child.kill('SIGTERM');
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
      await this.exited;
      clearTimeout(timer);
    }
    // Its browser died with it.
    await this.#browser?.close().catch(() => undefined);
  }

  async #connect(address: string): Promise<void> {
    this.#browser = await chromium.connectOverCDP(address);
  }

  async #pageOf(target: string): Promise<Page | false> {
    for (const context of this.#browser?.contexts() ?? []) {
      for (const page of context.pages()) {
        // A page that closes just now is not the one.
        const session = await context.newCDPSession(page).catch(() => null);
        if (!session) continue;
        const { targetInfo } = await session.send('Target.getTargetInfo');
        await session.detach();
        if (targetInfo.targetId === target) return page;
      }
    }
    return false;
  }

  async #ask(act: string, words: unknown[]): Promise<never> {
    const id = ++this.#last;
    const told = await new Promise<Told>((resolve) => {
      this.#answers.set(id, resolve);
      this.#child.send({ id, act, words }, (error) => error && resolve({ event: 'answer', failure: 'the app ended' }));
    });
    this.#answers.delete(id);
    if (told.failure !== undefined) throw new Error(String(told.failure));
    return told.result as never;
  }
}

const open: Desktop[] = [];

/** A desktop that ends with the test. */
export function desktop(env: NodeJS.ProcessEnv = {}): Desktop {
  const made = new Desktop(env);
  open.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((made) => made.end()));
});
