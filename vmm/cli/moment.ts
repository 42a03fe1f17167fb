/** A moment as docker's `--since` takes it. */
import { MvmError } from '../contract/errors.ts';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SPANS = /(\d+(?:\.\d+)?)(ms|[smhd])/g;
const SPAN = new RegExp(`^(?:${SPANS.source})+$`);
const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Unix ms: so long before `now` (`1h30m`), a date and time (of this time zone unless it says another), Unix seconds. */
export function parseMoment(text: string, option: string, now: number): number {
  const moment = read(text, now);
  if (!Number.isNaN(moment)) return Math.max(0, Math.round(moment));
  throw new MvmError('usage', `${option}: '${text}' is no time`, {
    hint: 'For example 10m, 2026-05-04T10:30:00 or 1777890600.',
  });
}

function read(text: string, now: number): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (SPAN.test(text))
    return [...text.matchAll(SPANS)].reduce(
      (at, [, count, unit = 's']) => at - Number(count) * (UNITS[unit] ?? 0),
      now,
    );
  // A date alone would be UTC's for Date, and is this place's for docker.
  if (DATE.test(text)) return Date.parse(text.includes('T') ? text : `${text}T00:00`);
  return Number.NaN;
}
