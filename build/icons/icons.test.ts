import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { drawAppIcons, drawTrayIcons } from './draw.ts';
import { logo, template } from './drawings.ts';
import { png } from './files.ts';
import { rasterise } from './raster.ts';

const alphaAt = (pixels: Buffer, size: number, x: number, y: number): number => pixels[(y * size + x) * 4 + 3] ?? 0;

describe('an icon', () => {
  it('lies on whole pixels where a menu bar shows it', () => {
    const pixels = rasterise(template, 16);
    const wall = Array.from({ length: 16 }, (_, y) => alphaAt(pixels, 16, 1, y));
    expect(wall).toEqual([0, 0, 0, ...Array.from({ length: 10 }, () => 255), 0, 0, 0]);
    expect(alphaAt(pixels, 16, 0, 8)).toBe(0);
  });

  it('is smooth at its round corners and full inside', () => {
    const pixels = rasterise(logo, 64);
    expect([...pixels.subarray((32 * 64 + 14) * 4, (32 * 64 + 14) * 4 + 4)]).toEqual([238, 242, 242, 255]);
    expect(alphaAt(pixels, 64, 4, 4)).toBe(0);
    const edge = Array.from({ length: 13 }, (_, x) => alphaAt(pixels, 64, 4 + x, 4));
    expect(edge.some((alpha) => alpha > 0 && alpha < 255)).toBe(true);
  });

  it('is a PNG that unpacks to its pixels', () => {
    const pixels = rasterise(template, 16);
    const file = png(pixels, 16);
    const data = file.indexOf('IDAT');
    const rows = inflateSync(file.subarray(data + 4, data + 4 + file.readUInt32BE(data - 4)));
    expect(rows.subarray(1, 65).equals(pixels.subarray(0, 64))).toBe(true);
  });

  it('comes in the files of every system', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mvm-icons-'));
    drawTrayIcons(folder);
    drawAppIcons(folder);
    const ico = readFileSync(join(folder, 'icon.ico'));
    expect(ico.readUInt16LE(4)).toBe(6);
    expect(
      ico
        .subarray(ico.readUInt32LE(6 + 12))
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    const icns = readFileSync(join(folder, 'icon.icns'));
    expect(icns.subarray(0, 4).toString()).toBe('icns');
    expect(icns.readUInt32BE(4)).toBe(icns.length);
  });
});
