import { expect, it } from 'vitest';
import { parseMoment } from './moment.ts';

const NOW = Date.UTC(2026, 4, 4, 10, 30);

it.each([
  ['90s', NOW - 90_000],
  ['1h30m', NOW - 5_400_000],
  ['1.5m250ms', NOW - 90_250],
  ['2d', NOW - 172_800_000],
  ['1777890600', 1_777_890_600_000],
  ['1777890600.25', 1_777_890_600_250],
  ['2026-05-04T10:30Z', NOW],
  ['2026-05-04T12:30:00.5+02:00', NOW + 500],
  ['2026-05-04T10:30', new Date(2026, 4, 4, 10, 30).getTime()],
  ['2026-05-04', new Date(2026, 4, 4).getTime()],
  ['100000d', 0],
])('%s is a moment', (text, at) => {
  expect(parseMoment(text, '--since', NOW)).toBe(at);
});

it.each(['', 'soon', '-5', '5x', '2026-13-01', '2026-05-04 10:30', '1h 30m'])("'%s' is none", (text) => {
  expect(() => parseMoment(text, '--since', NOW)).toThrow(`--since: '${text}' is no time`);
});
