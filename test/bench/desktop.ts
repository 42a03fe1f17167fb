/** The window: its size, its first paint, many machines, a flood through a terminal, and what it leaves behind. */
import { firstPaint } from './desktop/first-paint.ts';
import { flood } from './desktop/flood.ts';
import { frames, populate } from './desktop/frames.ts';
import { DesktopGround } from './desktop/ground.ts';
import { objects } from './desktop/objects.ts';
import { size } from './desktop/size.ts';
import type { Figure } from './figure.ts';
import type { Ground } from './ground.ts';

export async function desktop(ground: Ground): Promise<Figure[]> {
  const made = await DesktopGround.on(ground);
  try {
    const before = [...(await objects(made)), ...(await flood(made))];
    await populate(ground);
    return [size(), ...(await firstPaint(ground)), ...(await frames(made)), ...before];
  } finally {
    await made.end();
  }
}
