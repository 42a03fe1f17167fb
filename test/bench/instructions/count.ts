/**
 * Counts the guest instructions of one boot: the given engine arguments plus our TCG plugin, nothing else changed.
 * Instructions do not depend on the host's speed, so kernels, agents and command lines compare across machines.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MvmError } from '../../../vmm/contract/errors.ts';

/** `command` is the engine's program and its arguments. */
export async function countBoot(command: readonly string[], { ready, profile }: CountOptions = {}): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'mvm-count-'));
  const file = join(folder, 'counts');
  const [program = '', ...argv] = command;
  const plugin = [`file=${buildPlugin()}`, `counts=${file}`, ...(profile ? [`profile=${profile}`] : [])].join(',');
  const engine = spawn(program, [...argv, '-plugin', plugin], { stdio: ['ignore', 'ignore', 'pipe'] });
  const current = (): Counts => readCounts(file);
  const over = new AbortController();
  try {
    await Promise.race([(ready ?? pid1Runs)(current, over.signal), died(engine), tooLate(over.signal)]);
    return current();
  } finally {
    over.abort();
    await end(engine);
    rmSync(folder, { recursive: true });
  }
}

export interface CountOptions {
  /**
   * Resolves at the point up to which to count, such as the agent's first answered ping; without it that is PID 1's
   * first instruction. The signal says that nobody waits any more.
   */
  ready?: (current: () => Counts, signal: AbortSignal) => Promise<unknown>;
  /** a file to which the plugin writes how often each block of code ran (profile.ts reads it) */
  profile?: string;
}

/** Guest instructions since the engine's start. */
export interface Counts {
  /** until the first instruction in the kernel's half of the address space: firmware and the kernel's entry code */
  kernelEntered: number;
  /** until PID 1's first instruction, 0 while it has not run */
  pid1: number;
  /** until now */
  total: number;
}

async function pid1Runs(current: () => Counts, signal: AbortSignal): Promise<void> {
  while (current().pid1 === 0) await setTimeout(2, undefined, { signal });
}

/** Reads the plugin's mapped file, whose layout is at the top of count.c. */
function readCounts(file: string): Counts {
  if (!existsSync(file)) return { kernelEntered: 0, pid1: 0, total: 0 };
  const counts = readFileSync(file);
  const field = (index: number): number => (counts.length < 24 ? 0 : Number(counts.readBigUInt64LE(index * 8)));
  return { total: field(0), kernelEntered: field(1), pid1: field(2) };
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
  const [code] = await once(engine, 'close');
  throw new MvmError('bench.engine-died', `The engine ended with ${code} before the guest was ready: ${said.trim()}`);
}

async function tooLate(signal: AbortSignal): Promise<never> {
  await setTimeout(120_000, undefined, { signal });
  throw new MvmError('bench.not-ready', 'The guest was not ready after two minutes.');
}

async function end(engine: ChildProcess): Promise<void> {
  if (engine.exitCode !== null || engine.signalCode !== null || engine.pid === undefined) return;
  // SIGTERM lets QEMU run its exit handlers, and the plugin write its profile in one of them.
  engine.kill('SIGTERM');
  await once(engine, 'exit');
}
