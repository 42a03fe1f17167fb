/** Polygons to pixels: exact along a line, with sixteen lines to a pixel. */
import type { Drawing, Point } from './drawings.ts';

const LINES = 16;

/** `size` × `size` pixels of red, green, blue and alpha, the alpha not multiplied in. */
export function rasterise(drawing: Drawing, size: number): Buffer {
  const scale = size / drawing.size;
  const pixels = Buffer.alloc(size * size * 4);
  for (const { fill, polygons } of drawing.layers) {
    const coverage = new Float64Array(size * size);
    for (const polygon of polygons)
      cover(
        polygon.map(([x, y]): Point => [x * scale, y * scale]),
        size,
        coverage,
      );
    for (let index = 0; index < coverage.length; index++)
      blend(pixels, index * 4, fill, Math.min(1, coverage[index] ?? 0));
  }
  return pixels;
}

function cover(polygon: Point[], size: number, coverage: Float64Array): void {
  for (let line = 0; line < size * LINES; line++) {
    const crossings = crossingsAt(polygon, (line + 0.5) / LINES);
    for (let each = 0; each + 1 < crossings.length; each += 2)
      coverSpan(crossings[each] ?? 0, crossings[each + 1] ?? 0, Math.floor(line / LINES) * size, size, coverage);
  }
}

/** Where the outline crosses this height, from left to right. */
function crossingsAt(polygon: Point[], y: number): number[] {
  const crossings: number[] = [];
  for (const [index, [x1, y1]] of polygon.entries()) {
    const [x2, y2] = polygon[(index + 1) % polygon.length] ?? [x1, y1];
    if (y1 <= y !== y2 <= y) crossings.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  }
  return crossings.sort((left, right) => left - right);
}

function coverSpan(from: number, to: number, row: number, size: number, coverage: Float64Array): void {
  for (let x = Math.max(0, Math.floor(from)); x < Math.min(size, Math.ceil(to)); x++) {
    const share = Math.min(to, x + 1) - Math.max(from, x);
    coverage[row + x] = (coverage[row + x] ?? 0) + share / LINES;
  }
}

/** Over what is there already. */
function blend(pixels: Buffer, at: number, [red, green, blue]: readonly number[], cover: number): void {
  if (cover === 0) return;
  const below = (pixels[at + 3] ?? 0) / 255;
  const alpha = cover + below * (1 - cover);
  for (const [channel, value] of [red, green, blue].entries()) {
    const under = pixels[at + channel] ?? 0;
    pixels[at + channel] = Math.round(((value ?? 0) * cover + under * below * (1 - cover)) / alpha);
  }
  pixels[at + 3] = Math.round(alpha * 255);
}
