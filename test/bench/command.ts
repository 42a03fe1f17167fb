/** Runs one command to its end, and says how long that took. */
import { type SpawnOptions, spawn } from 'node:child_process';
import { MvmError } from '../../vmm/contract/errors.ts';

export interface Ended {
  /** from the spawn to the end of the process and its outputs */
  ms: number;
  stdout: string;
  stderr: string;
}

export type Run = (argv: readonly string[]) => Promise<Ended>;

/** @throws MvmError `bench.command` when it ends otherwise than with 0 */
export function run([program = '', ...argv]: readonly string[], options: SpawnOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const said = { stdout: '', stderr: '' };
    const begun = performance.now();
    const child = spawn(program, argv, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
      });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const ms = performance.now() - begun;
      if (code === 0) resolve({ ms, ...said });
      else reject(failed([program, ...argv].join(' '), signal ?? `code ${code}`, said.stderr));
    });
  });
}

/** `details.said` has the first line that it printed. */
function failed(command: string, how: string, stderr: string): MvmError {
  const said = stderr.trim();
  return new MvmError('bench.command', `${command} ended with ${how}: ${said}`, {
    details: { said: said.split('\n', 1)[0] },
  });
}

export interface Pairs {
  /** ms of each run */
  first: number[];
  second: number[];
  /** first by second, pair by pair: what slows the host for a while slows both */
  ratios: number[];
}

/** A B A B …, after one of each that is not counted. */
export async function runInPairs(run: Run, a: readonly string[], b: readonly string[], count: number): Promise<Pairs> {
  await run(a);
  await run(b);
  const pairs: Pairs = { first: [], second: [], ratios: [] };
  for (let pair = 0; pair < count; pair++) {
    const [first, second] = [(await run(a)).ms, (await run(b)).ms];
    pairs.first.push(first);
    pairs.second.push(second);
    pairs.ratios.push(first / second);
  }
  return pairs;
}
