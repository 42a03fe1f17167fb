/** The whole set: a 16 px grid, strokes of 1.5 px with round ends, in the colour of the text around. */
export const icons = {
  machines:
    '<rect x="2.75" y="2.75" width="10.5" height="4.25" rx="1.25"/><rect x="2.75" y="9" width="10.5" height="4.25" rx="1.25"/><path d="M5.25 4.9h.01M5.25 11.1h.01"/>',
  images: '<path d="m8 2.25 5.75 3L8 8.25l-5.75-3zM2.25 8.1 8 11.1l5.75-3M2.25 10.9l5.75 3 5.75-3"/>',
  settings:
    '<path d="M2.25 5h6.5M12.25 5h1.5M2.25 11h1.5M7.25 11h6.5"/><circle cx="10.5" cy="5" r="1.75"/><circle cx="5.5" cy="11" r="1.75"/>',
  search: '<circle cx="7" cy="7" r="4.25"/><path d="m10.25 10.25 3.25 3.25"/>',
  play: '<path d="M5 3.25v9.5L12.75 8z"/>',
  stop: '<rect x="4" y="4" width="8" height="8" rx="1.25"/>',
  pause: '<path d="M5.5 3.75v8.5M10.5 3.75v8.5"/>',
  restart: '<path d="M12.9 9.2a5 5 0 1 1-1.1-4.6l1.45 1.4M13.25 2.75V6H10"/>',
  terminal: '<rect x="1.75" y="2.75" width="12.5" height="10.5" rx="1.75"/><path d="m4.75 6 2 2-2 2M8.5 10.25h2.75"/>',
  console: '<path d="M2.75 4h10.5M2.75 8h7M2.75 12h9"/>',
  trash:
    '<path d="M2.75 4.75h10.5M5.75 4.5a2.25 2.25 0 0 1 4.5 0M4 4.75l.55 7.55c.04.53.47.95 1 .95h4.9c.53 0 .96-.42 1-.95L12 4.75"/>',
  more: '<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2"/>',
  plus: '<path d="M8 3.25v9.5M3.25 8h9.5"/>',
  close: '<path d="m4 4 8 8M12 4l-8 8"/>',
  check: '<path d="m3.25 8.5 3 3 6.5-7"/>',
  right: '<path d="m6 3.5 4.5 4.5L6 12.5"/>',
  down: '<path d="M3.5 6 8 10.5 12.5 6"/>',
  left: '<path d="M10 3.5 5.5 8l4.5 4.5"/>',
  up: '<path d="M3.5 10 8 5.5 12.5 10"/>',
  arrow: '<path d="M2.75 8h10.5M9.25 4l4 4-4 4"/>',
  alert: '<path d="M8 2.5 14 13H2zM8 6.5v3M8 11.2h.01"/>',
  copy: '<rect x="5.25" y="5.25" width="8" height="8" rx="1.5"/><path d="M10.75 5.25v-1c0-.83-.67-1.5-1.5-1.5h-5c-.83 0-1.5.67-1.5 1.5v5c0 .83.67 1.5 1.5 1.5h1"/>',
  import: '<path d="M8 2.5v7.75M4.75 7.25 8 10.5l3.25-3.25M2.75 13.25h10.5"/>',
  split: '<rect x="2.25" y="2.75" width="11.5" height="10.5" rx="1.5"/><path d="M8 2.75v10.5"/>',
  braces:
    '<path d="M6 2.75c-1.2 0-1.75.6-1.75 1.6v1.9c0 .9-.5 1.5-1.5 1.75 1 .25 1.5.85 1.5 1.75v1.9c0 1 .55 1.6 1.75 1.6M10 2.75c1.2 0 1.75.6 1.75 1.6v1.9c0 .9.5 1.5 1.5 1.75-1 .25-1.5.85-1.5 1.75v1.9c0 1-.55 1.6-1.75 1.6"/>',
  chip: '<rect x="4.25" y="4.25" width="7.5" height="7.5" rx="1.25"/><path d="M6.25 4.25v-2M9.75 4.25v-2M6.25 13.75v-2M9.75 13.75v-2M4.25 6.25h-2M4.25 9.75h-2M13.75 6.25h-2M13.75 9.75h-2"/>',
  info: '<circle cx="8" cy="8" r="5.75"/><path d="M8 7.5v3.25M8 5.25h.01"/>',
  pin: '<path d="M8 9.75v4.5M4.75 9.75h6.5L10 7.5V3.25h.75M10 3.25H5.25M6 3.25V7.5L4.75 9.75"/>',
  export: '<path d="M8 10.25V2.5M4.75 5.5 8 2.25l3.25 3.25M3.25 9.5v2.75c0 .55.45 1 1 1h7.5c.55 0 1-.45 1-1V9.5"/>',
  pen: '<path d="m10.75 3.25 2 2-7.5 7.5-2.75.75.75-2.75z"/>',
  folder:
    '<path d="M1.75 4.25c0-.83.67-1.5 1.5-1.5h2.6L7.5 4.5h5.25c.83 0 1.5.67 1.5 1.5v5.75c0 .83-.67 1.5-1.5 1.5h-9.5c-.83 0-1.5-.67-1.5-1.5z"/>',
  file: '<path d="M3.75 3.25c0-.83.67-1.5 1.5-1.5h4l3 3v8c0 .83-.67 1.5-1.5 1.5h-5.5c-.83 0-1.5-.67-1.5-1.5zM9.25 1.75v3h3"/>',
} as const;

export type IconName = keyof typeof icons;

/** States differ by shape, on a 12 px grid. */
export const shapes = {
  running: '<circle cx="6" cy="6" r="4" fill="currentColor"/>',
  starting:
    '<path d="M6 2a4 4 0 1 1-4 4" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round"/>',
  paused: '<path d="M4 2.75v6.5M8 2.75v6.5" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>',
  stopped: '<circle cx="6" cy="6" r="3.5" fill="none" stroke="currentColor" stroke-width="1.5"/>',
  failed: '<path d="M6 1 11 6l-5 5-5-5z" fill="currentColor"/>',
  done: '<path d="m2.25 6.5 2.5 2.5 5-5.5" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"/>',
} as const;

export type ShapeName = keyof typeof shapes;
