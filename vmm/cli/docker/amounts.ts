/** Times and sizes as docker prints them, for templates and scripts that were written for it. */

/** `3 minutes`, `About an hour`: docker's go-units. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds < 60) return counted(seconds, 'second');
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return counted(minutes, 'minute');
  const hours = Math.floor(minutes / 60 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return counted(hours, 'hour');
  if (hours < 24 * 7 * 2) return counted(Math.floor(hours / 24), 'day');
  if (hours < 24 * 30 * 2) return counted(Math.floor(hours / 24 / 7), 'week');
  if (hours < 24 * 365 * 2) return counted(Math.floor(hours / 24 / 30), 'month');
  return counted(Math.floor(hours / 24 / 365), 'year');
}

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** `2.05MB`: powers of 1000, three digits that count. */
export const humanSize = (bytes: number): string => scaled(bytes, 1000, 3, ['B', 'kB', 'MB', 'GB', 'TB']);

/** `7.629MiB`: powers of 1024, four digits that count. */
export const binarySize = (bytes: number): string => scaled(bytes, 1024, 4, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);

function scaled(bytes: number, base: number, digits: number, units: string[]): string {
  let value = bytes;
  let unit = 0;
  for (; value >= base && unit < units.length - 1; unit++) value /= base;
  return Number(value.toPrecision(digits)) + (units[unit] ?? '');
}

/** `2026-11-26 02:39:19 +0000 UTC`. */
export const dateText = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;

/** What does not have a time yet. */
const NEVER = '0001-01-01T00:00:00Z';

export const timeText = (at: number | null): string => (at === null ? NEVER : new Date(at).toISOString());
