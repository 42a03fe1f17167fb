import { bound, type Figure } from '../figure.ts';
import type { DesktopGround } from './ground.ts';

const ROUNDS = 9;
const COMMAND = 'npm run bench -- desktop';

interface Painted {
  painted?: number;
}

/** From the navigation to the frame after the list of machines is there, beside a page that has one word. */
export async function firstPaint(desktop: DesktopGround): Promise<Figure[]> {
  const list: number[] = [];
  const blank: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    blank.push(await painted(desktop, '/blank.html'));
    list.push(await painted(desktop, '/#/machines'));
  }
  return [
    { what: 'a blank page painted', unit: 'ms', samples: blank, command: COMMAND },
    { what: 'the first list of machines painted', unit: 'ms', samples: list, command: COMMAND },
    {
      what: '  by the blank page',
      unit: 'times',
      samples: list.map((ms, round) => ms / (blank[round] ?? Number.NaN)),
      bound: bound(2),
      command: COMMAND,
    },
  ];
}

async function painted(desktop: DesktopGround, path: string): Promise<number> {
  const { page, context } = await desktop.page(path, () => {
    const look = () => {
      if (!document.querySelector('.row, .blank')) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => ((globalThis as Painted).painted = performance.now())));
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true });
  });
  try {
    const handle = await page.waitForFunction(() => (globalThis as Painted).painted);
    return (await handle.jsonValue()) ?? Number.NaN;
  } finally {
    await context.close();
  }
}
