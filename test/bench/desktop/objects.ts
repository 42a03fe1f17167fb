import { setTimeout as pause } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { bound, type Figure } from '../figure.ts';
import type { DesktopGround } from './ground.ts';

/** V8 keeps an object of its own for each literal in code that has run often enough: these are made before it is counted. */
const WARM = 50;
const FEW = 10;
const MANY = 100;
const COUNTS = 5;
const BETWEEN_MS = 300;
const COMMAND = 'npm run bench -- desktop';

/** What lives after every view was opened and closed some times, and many times. */
export async function objects(desktop: DesktopGround): Promise<Figure[]> {
  const machine = await desktop.ground.machine();
  const { page, context } = await desktop.page(`/#/machines/${machine}`);
  try {
    await page.getByRole('tab', { name: 'Overview' }).waitFor();
    const session = await context.newCDPSession(page);
    const addresses = ['', '/console', '/logs', '/files', '/processes', '/inspect', '/terminal'].map(
      (tab) => `#/machines/${machine}${tab}`,
    );
    const all = [...addresses, '#/images', '#/shells', '#/settings', '#/machines'];
    await round(page, all, WARM);
    await round(page, all, FEW);
    const few = await live(session);
    await round(page, all, MANY - FEW);
    const many = await live(session);
    return [
      ...figures("the page's nodes and listeners", few.inDocument, many.inDocument),
      ...figures("the script's objects", few.inScript, many.inScript),
    ];
  } finally {
    await context.close();
    await desktop.ground.run(['./mvm', 'rm', '--force', machine]);
  }
}

async function round(page: Page, addresses: string[], times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    for (const address of addresses) {
      await page.evaluate((to) => (location.hash = to), address);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 20))));
    }
    for (const keys of ['Control+k', 'Control+/', 'Alt+n']) {
      await page.keyboard.press(keys);
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
  }
  await page.waitForTimeout(1000);
}

interface Live {
  inDocument: number;
  inScript: number;
}

/** The least of some counts: an answer that is on its way lives for a moment. */
async function live(session: CDPSession): Promise<Live> {
  const counts: Live[] = [];
  for (let time = 0; time < COUNTS; time++) {
    counts.push(await count(session));
    await pause(BETWEEN_MS);
  }
  const least = (of: keyof Live) => Math.min(...counts.map((each) => each[of]));
  return { inDocument: least('inDocument'), inScript: least('inScript') };
}

async function count(session: CDPSession): Promise<Live> {
  await session.send('HeapProfiler.enable');
  for (let time = 0; time < 3; time++) await session.send('HeapProfiler.collectGarbage');
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
  return { inDocument: nodes + jsEventListeners, inScript: await countObjects(session) };
}

/** Whatever inherits from `Object.prototype` and can still be reached. */
async function countObjects(session: CDPSession): Promise<number> {
  const { result: root } = await session.send('Runtime.evaluate', { expression: 'Object.prototype' });
  const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: root.objectId ?? '' });
  const objectId = objects.objectId ?? '';
  const counting = { objectId, functionDeclaration: 'function () { return this.length; }', returnByValue: true };
  const { result } = await session.send('Runtime.callFunctionOn', counting);
  await session.send('Runtime.releaseObject', { objectId });
  return Number(result.value);
}

function figures(what: string, few: number, many: number): Figure[] {
  const figure = (text: string, count: number): Figure => ({
    what: text,
    unit: 'objects',
    samples: [count],
    command: COMMAND,
  });
  return [
    figure(`${what} after every view was opened ${FEW} times`, few),
    figure(`  after ${MANY} times`, many),
    { ...figure('  more than that', Math.max(0, many - few)), bound: bound(0) },
  ];
}
