/**
 * `npm test`: every check, then every test, then one line that counts them. Arguments go to vitest, so that
 * `npm test -- vmm/engine` runs the tests of one folder. MVM_FUZZ and other variables reach the tests unchanged.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ofCheck, ofGo, ofVitest, sum, type Tally } from './tally.ts';

const root = join(import.meta.dirname, '../..');
const agent = join(root, 'images', 'agent');

interface Check {
  name: string;
  argv: string[];
  cwd?: string;
  tally?: (output: string, exitCode: number) => Tally;
}

const checks: Check[] = [
  { name: 'biome', argv: script('@biomejs/biome/bin/biome', 'check', '--error-on-warnings') },
  { name: 'tsc', argv: script('@typescript/native/bin/tsc', '--noEmit') },
  {
    name: 'svelte-check',
    argv: script('svelte-check/bin/svelte-check', '--tsconfig', 'renderer/tsconfig.json', '--fail-on-warnings'),
  },
  { name: 'knip', argv: script('knip/bin/knip.js') },
  {
    name: 'depcruise',
    argv: script(
      'dependency-cruiser/bin/dependency-cruise.mjs',
      'vmm',
      'images',
      'electron',
      'renderer',
      'build',
      'test',
    ),
  },
  { name: 'go vet', argv: ['go', 'vet', './...'], cwd: agent },
  { name: 'go test', argv: ['go', 'test', '-json', './...'], cwd: agent, tally: ofGo },
];

const tallies: Tally[] = [];
for (const check of checks) tallies.push(await run(check));
tallies.push(await runTests(process.argv.slice(2)));

const { passed, failed, skipped } = sum(tallies);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;

async function run({ name, argv, cwd = root, tally }: Check): Promise<Tally> {
  const { exitCode, output } = await collect(argv, cwd);
  if (exitCode !== 0) console.log(output);
  console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  return tally ? tally(output, exitCode) : ofCheck(exitCode);
}

async function runTests(filters: string[]): Promise<Tally> {
  const path = join(root, '.build', 'vitest.json');
  rmSync(path, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  const [command = '', ...argv] = script('vitest/vitest.mjs', 'run', ...reporters, ...filters);
  const vitest = spawn(command, argv, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const [exitCode] = await once(vitest, 'close');
  return ofVitest(existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null, exitCode ?? 1);
}

/** The interpreter is named, for a package's own first line may find another Node. */
function script(path: string, ...argv: string[]): string[] {
  return [process.execPath, join(root, 'node_modules', path), ...argv];
}

/** A program that is missing is a failed check with its error as output. */
function collect([command = '', ...argv]: string[], cwd: string): Promise<{ exitCode: number; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number; output: string }>();
  const child = spawn(command, argv, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  child.on('error', (error) => resolve({ exitCode: 127, output: error.message }));
  child.on('close', (code) => resolve({ exitCode: code ?? 1, output }));
  return promise;
}
