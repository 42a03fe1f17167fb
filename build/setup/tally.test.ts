import { expect, test } from 'vitest';
import { ofGo, ofVitest, sum } from './tally.ts';

const report = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 };
const events = (...all: object[]) => all.map((event) => JSON.stringify(event)).join('\n');

test("vitest's tests are counted, those left out as skipped", () => {
  expect(ofVitest(report, 0)).toEqual({ passed: 5, failed: 0, skipped: 2 });
});

test('a runner that ends badly without a failed test counts as one failure', () => {
  expect(ofVitest(report, 1)).toEqual({ passed: 5, failed: 1, skipped: 2 });
  expect(ofGo('# example\n./main.go:1: syntax error', 2)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('a vitest that left no report failed, whatever its exit code', () => {
  expect(ofVitest(null, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(ofVitest(null, 134)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("go's tests are counted once, without their parts and packages", () => {
  const output = events(
    { Action: 'run', Test: 'TestA' },
    { Action: 'pass', Test: 'TestA/part' },
    { Action: 'pass', Test: 'TestA' },
    { Action: 'fail', Test: 'TestB' },
    { Action: 'skip', Test: 'TestC' },
    { Action: 'fail', Package: 'agent' },
  );
  expect(ofGo(output, 1)).toEqual({ passed: 1, failed: 1, skipped: 1 });
});

test('tallies add up', () => {
  expect(
    sum([
      { passed: 1, failed: 2, skipped: 3 },
      { passed: 10, failed: 20, skipped: 30 },
    ]),
  ).toEqual({
    passed: 11,
    failed: 22,
    skipped: 33,
  });
});
