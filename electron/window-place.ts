/** Where the window stood, and where it stands next: on what displays there are now. */

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface WindowPlace {
  bounds: Rectangle | null;
  maximized: boolean;
}

export const FIRST_PLACE: WindowPlace = { bounds: null, maximized: false };
const FIRST_SIZE = { width: 1180, height: 760 };
export const LEAST_SIZE = { width: 720, height: 480 };

/** As much of the title bar as a hand needs to move the window. */
const GRIP = { width: 120, height: 24 };

/** The bounds to open with; without a place the system chooses one. */
export function placeOn(
  saved: Rectangle | null,
  workAreas: Rectangle[],
): { width: number; height: number; x?: number; y?: number } {
  if (!saved) return FIRST_SIZE;
  const area = workAreas.find((each) => hasGrip(saved, each));
  const room = area ?? workAreas[0];
  const width = Math.max(LEAST_SIZE.width, Math.min(saved.width, room?.width ?? saved.width));
  const height = Math.max(LEAST_SIZE.height, Math.min(saved.height, room?.height ?? saved.height));
  // Its display went away: the size stays, the place does not.
  return area ? { x: saved.x, y: saved.y, width, height } : { width, height };
}

/** Enough of the upper edge lies on this display. */
function hasGrip(window: Rectangle, area: Rectangle): boolean {
  const visible = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x);
  return visible >= GRIP.width && window.y >= area.y && window.y + GRIP.height <= area.y + area.height;
}

/** What was saved, unless it is none: the file may be of another version, or cut off. */
export function readPlace(saved: unknown): WindowPlace {
  const { bounds, maximized } = (saved ?? {}) as { bounds?: unknown; maximized?: unknown };
  return { bounds: isRectangle(bounds) ? bounds : null, maximized: maximized === true };
}

function isRectangle(value: unknown): value is Rectangle {
  if (typeof value !== 'object' || value === null) return false;
  const { x, y, width, height } = value as Record<string, unknown>;
  const whole = [x, y, width, height].every((number) => Number.isSafeInteger(number));
  return whole && (width as number) > 0 && (height as number) > 0;
}
