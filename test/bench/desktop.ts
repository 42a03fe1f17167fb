/** The window: its size, its first paint, many machines, a flood through a terminal, and what it leaves behind. */
import { firstPaint } from './desktop/first-paint.ts';
import { flood } from './desktop/flood.ts';
import { frames, MACHINES, populate } from './desktop/frames.ts';
import { DesktopGround } from './desktop/ground.ts';
import { objects } from './desktop/objects.ts';
import { size } from './desktop/size.ts';
import type { Figure } from './figure.ts';
import type { Ground } from './ground.ts';

/** Machines in a home as most will be. */
const A_FEW = 8;

export async function desktop(ground: Ground): Promise<Figure[]> {
  const made = await DesktopGround.on(ground);
  try {
    const before = [...(await objects(made)), ...(await flood(made))];
    const painted: Figure[] = [];
    for (const machines of [A_FEW, MACHINES]) {
      await populate(ground, machines);
      painted.push(...(await firstPaint(ground, `${machines} machines`)));
    }
    return [size(), ...painted, ...(await frames(made)), ...before];
  } finally {
    await made.end();
  }
}
