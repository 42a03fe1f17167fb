/**
 * Counts guest instructions of one boot: the given engine arguments plus our TCG plugin, nothing else changed.
 * Instructions do not depend on the host's speed, so they compare kernels, agents and command lines between machines.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MvmError } from '../../../vmm/contract/errors.ts';

export async function countBoot(argv: readonly string[], options: CountOptions): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'mvm-count-'));
  const file = join(folder, 'counts');
  const [program = '', ...rest] = argv;
  const plugin = [buildPlugin(), `counts=${file}`, ...(options.profile ? [`profile=${options.profile}`] : [])];
  const engine = spawn(program, [...rest, '-plugin', plugin.join(',')], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    await Promise.race([options.ready(engine), died(engine), tooLate()]);
    return readCounts(file);
  } finally {
    engine.kill('SIGTERM');
    if (engine.exitCode === null && engine.signalCode === null) await once(engine, 'exit');
    rmSync(folder, { recursive: true });
  }
}

export interface CountOptions {
  /** Resolves when the point is reached up to which to count, such as the agent's first answered ping. */
  ready: (engine: ChildProcess) => Promise<unknown>;
  /** Where the plugin writes how often each block of code ran. */
  profile?: string;
}

/** Guest instructions since the engine's start. */
export interface Counts {
  /** until the first instruction in the kernel's half of the address space: firmware and the kernel's entry code */
  kernelEntered: number;
  /** until PID 1's first instruction */
  pid1: number;
  /** until `ready` resolved */
  ready: number;
}

/** Reads the plugin's mapped file (its layout is at the top of count.c). */
function readCounts(file: string): Counts {
  const [total = 0n, kernelEntered = 0n, pid1 = 0n] = new BigUint64Array(new Uint8Array(readFileSync(file)).buffer);
  return { kernelEntered: Number(kernelEntered), pid1: Number(pid1), ready: Number(total) };
}

/** Builds the plugin when its source is new, and returns its path. */
function buildPlugin(): string {
  const source = join(import.meta.dirname, 'count.c');
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const folder = join(import.meta.dirname, '../../../.build');
  const built = join(folder, `count-${digest}.so`);
  if (existsSync(built)) return built;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${built}.${process.pid}`;
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-shared', '-fPIC', '-fvisibility=hidden', '-o', unfinished, source]);
  renameSync(unfinished, built);
  return built;
}

async function died(engine: ChildProcess): Promise<never> {
  let said = '';
  engine.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(engine, 'exit');
  throw new MvmError('bench.engine-died', `The engine ended with ${code} before it was ready: ${said.trim()}`);
}

async function tooLate(): Promise<never> {
  await setTimeout(120_000, undefined, { ref: false });
  throw new MvmError('bench.not-ready', 'The guest was not ready after two minutes.');
}
