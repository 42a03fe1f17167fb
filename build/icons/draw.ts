/** Draws the icons: those of the tray for every checkout, those of the app for its packages. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Drawing, logo, template, tray } from './drawings.ts';
import { icns, ico, png, type Sized } from './files.ts';
import { rasterise } from './raster.ts';

const sized = (drawing: Drawing, sizes: number[]): Sized[] =>
  sizes.map((size) => ({ size, png: png(rasterise(drawing, size), size) }));

const only = (drawing: Drawing, size: number): Buffer => png(rasterise(drawing, size), size);

/** By the names that electron/platform.ts has; Electron takes `@2x` for screens with twice the pixels. */
export function drawTrayIcons(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const files = {
    'trayTemplate.png': only(template, 16),
    'trayTemplate@2x.png': only(template, 32),
    'tray.png': only(tray, 22),
    'tray@2x.png': only(tray, 44),
    'tray.ico': ico(sized(tray, [16, 20, 24, 32, 48])),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
}

export function drawAppIcons(folder: string): void {
  const linux = join(folder, 'linux');
  mkdirSync(linux, { recursive: true });
  const images = sized(logo, [16, 32, 48, 64, 128, 256, 512, 1024]);
  for (const { size, png: bytes } of images) if (size <= 512) writeFileSync(join(linux, `${size}x${size}.png`), bytes);
  writeFileSync(join(folder, 'icon.ico'), ico(images.filter(({ size }) => size <= 256)));
  writeFileSync(join(folder, 'icon.icns'), icns(images));
}
