/** How many passed, failed and were skipped, read from what each runner reports about itself. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** A check without parts. */
export const ofCheck = (exitCode: number): Tally => ({ ...NONE, [exitCode === 0 ? 'passed' : 'failed']: 1 });

/** vitest's JSON report; none when it died before it could write one. */
export function ofVitest(report: VitestReport | null, exitCode: number): Tally {
  if (!report) return crashed(NONE, exitCode === 0 ? 1 : exitCode);
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests, numTodoTests } = report;
  return crashed({ passed, failed, skipped: numPendingTests + numTodoTests }, exitCode);
}

export interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
}

/** The lines of `go test -json`, whose events of single tests name them; parts of a test are not counted again. */
export function ofGo(output: string, exitCode: number): Tally {
  const tally = { ...NONE };
  for (const line of output.split('\n').filter((each) => each.startsWith('{'))) {
    const { Action, Test } = JSON.parse(line) as { Action: string; Test?: string };
    const outcome = GO_OUTCOMES[Action];
    if (outcome && Test && !Test.includes('/')) tally[outcome] += 1;
  }
  return crashed(tally, exitCode);
}

const GO_OUTCOMES: Record<string, keyof Tally> = { pass: 'passed', fail: 'failed', skip: 'skipped' };

export function sum(tallies: Tally[]): Tally {
  return tallies.reduce(
    (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }),
    NONE,
  );
}

const NONE: Tally = { passed: 0, failed: 0, skipped: 0 };

/** A runner that ends badly though no test of its failed counts as a failure itself. */
function crashed(tally: Tally, exitCode: number): Tally {
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}
