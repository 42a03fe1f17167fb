import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { Machine } from '../../../vmm/contract/types.ts';
import { homePaths, machinePaths } from '../../../vmm/paths.ts';
import { bound, type Figure } from '../figure.ts';
import type { Ground } from '../ground.ts';
import type { DesktopGround } from './ground.ts';

export const MACHINES = 500;
const SEED = 'seed';
const EVENTS_A_SECOND = 100;
const WATCHED_MS = 8000;
const SLOW_MS = 50;
const COMMAND = 'npm run bench -- desktop';

/** Frames of a window with many machines, idle and then while a client renames them as fast as it may. */
export async function frames(desktop: DesktopGround): Promise<Figure[]> {
  const idle: number[] = [];
  const busy: number[] = [];
  const { page, context } = await desktop.page('/#/machines');
  try {
    await page.getByRole('radio', { name: `All ${MACHINES + 1}` }).waitFor();
    idle.push(...(await watch(page)));
    const renaming = new AbortController();
    const renamed = rename(desktop.ground, renaming.signal);
    busy.push(...(await watch(page)));
    renaming.abort();
    const rate = (await renamed) / (WATCHED_MS / 1000);
    const slow = (all: number[]) => all.filter((ms) => ms > SLOW_MS).length;
    return [
      { what: `frames of ${MACHINES} idle machines (control)`, unit: 'ms', samples: idle, command: COMMAND },
      { what: `frames with ${Math.round(rate)} events/s`, unit: 'ms', samples: busy, command: COMMAND },
      {
        what: `frames over ${SLOW_MS} ms that the control does not have`,
        unit: 'frames',
        samples: [Math.max(0, slow(busy) - slow(idle))],
        bound: bound(0),
        command: COMMAND,
      },
    ];
  } finally {
    await context.close();
  }
}

/**
 * Copies of one machine, until there are so many beside it: its record is the truth, so a service that starts finds
 * them. Its disk is not copied, which is sparse and would come out as large as it may grow.
 */
export async function populate(ground: Ground, machines: number): Promise<void> {
  const seed = (await seedOf(ground)) ?? (await sow(ground));
  const { machines: before } = await ground.call('machines', {});
  await ground.call('shutdown', {});
  const paths = homePaths(ground.home);
  const text = readFileSync(machinePaths(paths, seed.id).record, 'utf8');
  for (let number = before.length - 1; number < machines; number++) {
    const id = randomBytes(16).toString('hex');
    const target = machinePaths(paths, id);
    mkdirSync(target.folder, { recursive: true });
    writeFileSync(target.record, text.replaceAll(seed.id, id).replaceAll(`"${SEED}"`, `"machine-${number}"`));
  }
  await ground.run(['./mvm', 'ps']);
}

async function sow(ground: Ground): Promise<Machine> {
  await ground.run(['./mvm', 'run', '--name', SEED, 'linux', 'true']);
  const seed = await seedOf(ground);
  if (!seed) throw new Error('the seed is not there');
  return seed;
}

async function seedOf(ground: Ground): Promise<Machine | undefined> {
  return (await ground.call('machines', {})).machines.find(({ name }) => name === SEED);
}

/** Time between frames, ms. */
const watch = (page: Page): Promise<number[]> =>
  page.evaluate(
    (watched) =>
      new Promise<number[]>((resolve) => {
        const found: number[] = [];
        const began = performance.now();
        let before = began;
        const frame = (now: number) => {
          found.push(now - before);
          before = now;
          if (now - began < watched) requestAnimationFrame(frame);
          else resolve(found.slice(1));
        };
        requestAnimationFrame(frame);
      }),
    WATCHED_MS,
  );

/** How many there were. */
async function rename(ground: Ground, until: AbortSignal): Promise<number> {
  const { machines } = await ground.call('machines', {});
  const began = performance.now();
  let done = 0;
  while (!until.aborted) {
    const machine = machines[done % machines.length];
    if (machine) await ground.call('rename', { machine: machine.id, name: `renamed-${done}` });
    done++;
    await setTimeout(Math.max(0, began + (done * 1000) / EVENTS_A_SECOND - performance.now()));
  }
  return done;
}
