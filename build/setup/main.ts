/** The set-up under Node 24, before node_modules is there: called by set-up.sh with `run`, `check` or `development`. */
import { accessSync, constants, existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { takeLock } from './lock.ts';
import { createReport } from './report.ts';
import { type Outcome, runSteps } from './schedule.ts';
import { type Purpose, setUpSteps } from './steps.ts';

const begun = new Date();
const purpose = (process.argv[2] ?? 'run') as Purpose;
const root = join(import.meta.dirname, '../..');
const cache = process.env.MVM_CACHE ?? '';
const stamp = join(root, '.build', 'stamp');
const report = createReport(process.stderr);

try {
  checkWritable();
  await takeLock(cache, `process ${process.pid} for ${root}, since ${begun.toLocaleTimeString()}`, (holder) =>
    report.line(`waits for another set-up (${holder})`),
  );
  const outcomes = await runSteps(setUpSteps({ root, cache }, purpose), report);
  report.close();
  process.exitCode = conclude(outcomes);
} catch (error) {
  report.close();
  tell('set-up', error);
  process.exitCode = 1;
}

/** Root's set-up of a checkout leaves files there that another user cannot replace. */
function checkWritable(): void {
  const built = ['node_modules', '.build'].map((name) => join(root, name)).filter((path) => existsSync(path));
  for (const path of [root, ...built]) {
    try {
      accessSync(path, constants.W_OK);
    } catch (cause) {
      throw new MvmError('checkout.read-only', `cannot write to ${path}`, { hint: 'use a clone of your own', cause });
    }
  }
}

/** Packages that only root can install stop nobody: mvm then says itself what it lacks, and the next call tries again. */
function conclude(outcomes: Map<string, Outcome>): number {
  const failed = [...outcomes].flatMap(([step, outcome]) =>
    typeof outcome === 'object' ? [{ step, ...outcome }] : [],
  );
  const [lack, ...without] = failed.filter(({ error }) => isLackOfPackages(error));
  const broken = failed.filter(({ error }) => !isLackOfPackages(error));
  for (const { step, error } of [...broken, ...(lack ? [lack] : [])]) tell(step, error);
  if (without.length > 0) report.line(`not made without them: ${without.map(({ step }) => step).join(', ')}`);
  if (failed.length === 0) writeStamp();
  else rmSync(stamp, { force: true });
  return broken.length > 0 || (lack && purpose === 'check') ? 1 : 0;
}

function isLackOfPackages(error: unknown): boolean {
  return error instanceof MvmError && error.code === 'packages.missing';
}

/** As old as the beginning, so that a source changed meanwhile counts as newer. */
function writeStamp(): void {
  mkdirSync(join(root, '.build'), { recursive: true });
  writeFileSync(stamp, `${process.execPath}\n`);
  utimesSync(stamp, begun, begun);
}

function tell(step: string, error: unknown): void {
  if (!(error instanceof MvmError)) {
    report.line(`${step}: ${(error as Error).stack}`);
    return;
  }
  report.line(`${step}: ${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}`);
  if (error.hint) report.line(error.hint);
}
