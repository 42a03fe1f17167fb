/**
 * Measures what mvm is to reach and prints one table:
 *   npm run bench [-- [--json] [--check] [NAME …]]
 * --check fails when a bound that does not depend on this host's speed is missed, or a figure could not be taken.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { MvmError } from '../../vmm/contract/errors.ts';
import { boot } from './boot.ts';
import { cold } from './cold.ts';
import { desktop } from './desktop.ts';
import { engine } from './engine.ts';
import { erofs } from './erofs.ts';
import { exec } from './exec.ts';
import { breaks, type Figure } from './figure.ts';
import { fuzz } from './fuzz.ts';
import { Ground } from './ground.ts';
import { many } from './many.ts';
import { pipe } from './pipe.ts';
import { probe } from './probe.ts';
import { start } from './start.ts';
import { type Row, table } from './table.ts';
import { writes } from './writes.ts';

const benches: Record<string, (ground: Ground) => Promise<Figure[]>> = {
  boot,
  engine,
  cold,
  start,
  exec,
  many,
  pipe,
  writes,
  erofs,
  probe,
  fuzz,
  desktop,
};

const { values: options, positionals } = parseArgs({
  options: { json: { type: 'boolean' }, check: { type: 'boolean' } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(benches);
const interrupted = new AbortController();
// npm passes on a ctrl-C that the terminal has sent us already: the second one must not end the tidying up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

const host = [`${cpus()[0]?.model} x ${availableParallelism()}`, `Node ${process.version}`, load()];
const ground = new Ground(interrupted.signal);
const rows: Row[] = [];
let failures = 0;
try {
  for (const name of names) await measure(name);
  print();
} finally {
  await ground.end();
}
if (interrupted.signal.aborted) process.exitCode = 130;
else if (options.check) process.exitCode = failures > 0 || rows.some(breaks) ? 1 : 0;

function print(): void {
  if (options.json) console.log(JSON.stringify({ host, rows }, null, 2));
  else process.stdout.write(`${host.join(', ')}; afterwards ${load()}\n\n${table(rows)}`);
}

async function measure(name: string): Promise<void> {
  if (interrupted.signal.aborted) return;
  process.stderr.write(`bench ${name} …\n`);
  try {
    const figures = await find(name)(ground);
    rows.push(...figures.map((figure) => ({ bench: name, ...figure })));
  } catch (error) {
    if (interrupted.signal.aborted) return;
    failures++;
    process.stderr.write(
      `bench ${name} failed: ${error instanceof MvmError ? error.message : (error as Error).stack}\n`,
    );
  }
}

function find(name: string): (ground: Ground) => Promise<Figure[]> {
  const found = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (found) return found;
  throw new MvmError('bench.unknown', `there is no bench '${name}', only ${Object.keys(benches).join(', ')}`);
}

function load(): string {
  return `load ${readFileSync('/proc/loadavg', 'utf8').split(' ', 1)}`;
}
