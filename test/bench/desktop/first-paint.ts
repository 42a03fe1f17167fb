/** How soon the window shows its machines: the app's own bundle on the stand-in for Electron, beside a blank page in it. */
import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MvmError } from '../../../vmm/contract/errors.ts';
import { bound, type Figure } from '../figure.ts';
import type { Ground } from '../ground.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ROUNDS = 21;
const DEADLINE_MS = 60_000;
const COMMAND = 'npm run bench -- desktop';

/** In the page before all else: says when a frame with a machine or the blank word in it is through. */
const WATCH = `
  const observer = new MutationObserver(look);
  function look() {
    if (!document.querySelector('.row, .blank')) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() =>
      console.log('painted ' + JSON.stringify({ origin: performance.timeOrigin, ms: performance.now() }))));
  }
  observer.observe(document, { childList: true, subtree: true });
`;
const BLANK = '<!doctype html><title>blank</title><script src="watch.js"></script><p class="blank">blank</p>';

/** ms from the navigation, and from the start of the app's process */
interface Painted {
  navigated: number;
  started: number;
}

/** @param home what stands in the list: `8 machines` */
export async function firstPaint(ground: Ground, home: string): Promise<Figure[]> {
  const pages = makePages(mkdtempSync(join(ground.folder, 'pages-')));
  const blank: Painted[] = [];
  const list: Painted[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    blank.push(await painted(ground, pages.blank));
    list.push(await painted(ground, pages.window));
  }
  const ratio = (of: keyof Painted): number[] => list.map((each, round) => each[of] / (blank[round]?.[of] ?? 0));
  const figure = (what: string, unit: Figure['unit'], samples: number[]): Figure => ({
    what,
    unit,
    samples,
    command: COMMAND,
  });
  return [
    figure(
      'a blank page painted, from its navigation',
      'ms',
      blank.map(({ navigated }) => navigated),
    ),
    figure(
      `the first list painted, of ${home}`,
      'ms',
      list.map(({ navigated }) => navigated),
    ),
    { ...figure('  by the blank page', 'times', ratio('navigated')), bound: bound(2) },
    figure('  by the blank page, from the start of the app', 'times', ratio('started')),
  ];
}

/** The window's own page and a blank one, both with the watch in them. */
function makePages(folder: string): { window: string; blank: string } {
  const pages = { window: join(folder, 'window'), blank: join(folder, 'blank') };
  cpSync(join(ROOT, '.build', 'renderer'), pages.window, { recursive: true });
  mkdirSync(pages.blank);
  const own = readFileSync(join(pages.window, 'index.html'), 'utf8');
  writeFileSync(join(pages.window, 'index.html'), own.replace('<script', '<script src="watch.js"></script><script'));
  writeFileSync(join(pages.blank, 'index.html'), BLANK);
  for (const page of Object.values(pages)) writeFileSync(join(page, 'watch.js'), WATCH);
  return pages;
}

async function painted(ground: Ground, page: string): Promise<Painted> {
  const began = performance.timeOrigin + performance.now();
  const app = fork(join(ROOT, '.build', 'electron', 'main.cjs'), [], {
    execArgv: ['--disable-warning=ExperimentalWarning', '--import', join(ROOT, 'test/desktop/standin/register.ts')],
    cwd: ROOT,
    env: { ...ground.env, STANDIN_USER_DATA: mkdtempSync(join(ground.folder, 'app-')), MVM_RENDERER: page },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    signal: ground.signal,
  });
  try {
    const { origin, ms } = await told(app);
    return { navigated: ms, started: origin + ms - began };
  } finally {
    const ended = new Promise((resolve) => app.once('exit', resolve));
    if (app.exitCode === null && app.kill()) await ended;
  }
}

function told(app: ChildProcess): Promise<{ origin: number; ms: number }> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new MvmError('bench.window', `the window was not painted: ${why}`));
    const timer = setTimeout(() => fail(`not within ${DEADLINE_MS / 1000} s`), DEADLINE_MS);
    app.on('error', ({ message }) => fail(message));
    app.on('exit', (code) => fail(`the app ended with ${code}`));
    app.on('message', ({ event, text }: { event: string; text?: string }) => {
      if (event === 'page-error') fail(text ?? '');
      if (event !== 'console' || !text?.startsWith('painted ')) return;
      clearTimeout(timer);
      resolve(JSON.parse(text.slice('painted '.length)));
    });
  });
}
