import { expect, test } from 'vitest';
import { createReport } from './report.ts';

function show(
  isTTY: boolean,
  story: (report: ReturnType<typeof createReport>, clock: { now: number }) => void,
): string {
  const clock = { now: 0 };
  let shown = '';
  const report = createReport({ isTTY, columns: 60, write: (text) => (shown += text) }, () => clock.now);
  story(report, clock);
  report.close();
  return shown;
}

test('in a pipe each step gets plain lines: its start, news now and then, its time', () => {
  const shown = show(false, (report, clock) => {
    report.say('kernel', 'unpacks');
    clock.now = 5000;
    report.say('kernel', 'compiles 1 %');
    clock.now = 35_000;
    report.say('kernel', 'compiles 20 %');
    clock.now = 40_000;
    report.done('kernel');
  });
  expect(shown).toBe('mvm set-up: kernel: unpacks …\nmvm set-up: kernel: compiles 20 % …\nmvm set-up: kernel … 40 s\n');
});

test('a step that had nothing to do is not mentioned', () => {
  expect(show(false, (report) => report.done('kernel'))).toBe('');
});

test('on a terminal one line is rewritten, cut to its width, and cleared at the end', () => {
  const shown = show(true, (report) => {
    report.say('kernel', 'compiles');
    report.say('packages', 'downloads '.repeat(10));
  });
  const lines = shown.split('\r\x1b[K');
  expect(lines[1]).toBe('mvm set-up: kernel: compiles (0 s)');
  expect(lines[2]).toHaveLength(59);
  expect(lines.at(-1)).toBe('');
});
