import { expect, test } from 'vitest';
import { aim, bound } from './figure.ts';
import { table } from './table.ts';

test('a line a figure: its median, its range, its bound and whether it is met, and the command behind it', () => {
  const rows = [
    { bench: 'boot', what: 'until PID 1', unit: 'M insns', samples: [36.4], bound: bound(44), command: 'a' },
    { bench: 'cold', what: 'a run', unit: 'times', samples: [4, 3.5, 5], bound: aim(3), command: 'b' },
    { bench: 'pipe', what: 'rate', unit: 'MB/s', samples: [81.7, 90], command: 'c' },
    { bench: 'cold', what: 'a run', unit: 'times', samples: [], skipped: 'no podman', bound: aim(3), command: 'd' },
  ] as const;
  expect(table(rows.map((row) => ({ ...row, samples: [...row.samples] })))).toBe(
    [
      'BENCH  WHAT         MEDIAN         LEAST - MOST  BOUND              COMMAND',
      'boot   until PID 1  36.40 M insns                <= 44     met      a',
      'cold   a run        4.00 times     3.50 - 5.00   aim <= 3  missed   b',
      'pipe   rate         86 MB/s        82 - 90                          c',
      'cold   a run        none                         aim <= 3  unknown  (no podman)',
      '',
    ].join('\n'),
  );
});
