import { describe, expect, it } from 'vitest';
import { placeOn, readPlace } from './window-place.ts';

const LAPTOP = { x: 0, y: 25, width: 1440, height: 875 };
const MONITOR = { x: 1440, y: 0, width: 2560, height: 1400 };

describe("the window's place", () => {
  it('is where it was, on any display that is there', () => {
    const onMonitor = { x: 2000, y: 100, width: 1200, height: 800 };
    expect(placeOn(onMonitor, [LAPTOP, MONITOR])).toEqual(onMonitor);
  });

  it('is left to the system when its display went away; the size stays', () => {
    expect(placeOn({ x: 2000, y: 100, width: 1200, height: 800 }, [LAPTOP])).toEqual({ width: 1200, height: 800 });
  });

  it('is never larger than its display', () => {
    expect(placeOn({ x: 2000, y: 100, width: 2400, height: 1300 }, [LAPTOP])).toEqual({ width: 1440, height: 875 });
  });

  it.each([
    ['above the screen', { x: 100, y: -300, width: 1000, height: 700 }],
    ['below the screen', { x: 100, y: 895, width: 1000, height: 700 }],
    ['all but its edge to the left', { x: -950, y: 100, width: 1000, height: 700 }],
  ])('%s is none where a hand could move it', (_where, bounds) => {
    expect(placeOn(bounds, [LAPTOP])).not.toHaveProperty('x');
  });

  it('has a first size', () => {
    expect(placeOn(null, [LAPTOP])).toEqual({ width: 1180, height: 760 });
  });

  it.each([null, 'x', {}, { bounds: { x: 1 } }, { bounds: { x: 0, y: 0, width: -1, height: 5 } }])(
    'saved as %j counts as never saved',
    (saved) => {
      expect(readPlace(saved)).toEqual({ bounds: null, maximized: false });
    },
  );
});
