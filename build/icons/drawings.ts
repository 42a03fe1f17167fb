/** The mark, as polygons: two walls and what runs between them. */

export type Point = readonly [x: number, y: number];
export type Colour = readonly [red: number, green: number, blue: number];

export interface Drawing {
  /** its square reaches from 0 to here */
  size: number;
  layers: { fill: Colour; polygons: Point[][] }[];
}

const box = (x: number, y: number, width: number, height: number): Point[] => [
  [x, y],
  [x + width, y],
  [x + width, y + height],
  [x, y + height],
];

/** Corners as circles, each in so many steps that no pixel of the largest icon shows them. */
function roundedBox(x: number, y: number, size: number, radius: number): Point[] {
  const corners = [
    { x: x + size - radius, y: y + radius, from: -90 },
    { x: x + size - radius, y: y + size - radius, from: 0 },
    { x: x + radius, y: y + size - radius, from: 90 },
    { x: x + radius, y: y + radius, from: 180 },
  ];
  return corners.flatMap(({ x: cx, y: cy, from }) =>
    Array.from({ length: 31 }, (_, step): Point => {
      const angle = ((from + step * 3) * Math.PI) / 180;
      return [cx + radius * Math.cos(angle), cy + radius * Math.sin(angle)];
    }),
  );
}

/** In whole pixels at 16 px, where a menu bar shows it. */
const walls = [box(1, 3, 2, 10), box(13, 3, 2, 10)];
const between: Point[] = [
  [4, 3],
  [6.25, 3],
  [8, 8.25],
  [9.75, 3],
  [12, 3],
  [9.1, 11.5],
  [6.9, 11.5],
];

const BLACK: Colour = [0, 0, 0];
const PALE: Colour = [238, 242, 242];
const ACCENT: Colour = [69, 193, 201];

/** macOS tints it after the menu bar. */
export const template: Drawing = { size: 16, layers: [{ fill: BLACK, polygons: [...walls, between] }] };

/** For panels that are dark, as those of Windows and GNOME are at first. */
export const tray: Drawing = {
  size: 16,
  layers: [
    { fill: PALE, polygons: walls },
    { fill: ACCENT, polygons: [between] },
  ],
};

export const logo: Drawing = {
  size: 64,
  layers: [
    { fill: [18, 23, 24], polygons: [roundedBox(4, 4, 56, 13)] },
    { fill: PALE, polygons: [box(12, 16, 8, 32), box(44, 16, 8, 32)] },
    {
      fill: ACCENT,
      polygons: [
        [
          [23, 16],
          [29, 16],
          [32, 29.5],
          [35, 16],
          [41, 16],
          [35.6, 42],
          [28.4, 42],
        ],
      ],
    },
  ],
};
