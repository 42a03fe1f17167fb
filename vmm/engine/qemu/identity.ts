/** Telling one process from a later one with the same pid; the platforms' difference lies here alone. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { EngineProcess } from '../engine.ts';

/** The process as it can be found again, null when there is none. */
export function identify(pid: number): EngineProcess | null {
  const startTime = process.platform === 'linux' ? linuxStartTime(pid) : startTimeByPs(pid);
  return startTime === null ? null : { pid, startTime };
}

export const isRunning = (engine: EngineProcess): boolean => identify(engine.pid)?.startTime === engine.startTime;

/** Those that have this very word on their command line. */
export function findByWord(word: string): EngineProcess[] {
  const pids = process.platform === 'linux' ? linuxPidsBy(word) : pidsByPs(word);
  return pids.map(identify).filter((found) => found !== null);
}

/** False when that process is gone, or not ours to end; another one with its pid is left alone. */
export function kill(engine: EngineProcess): boolean {
  if (!isRunning(engine)) return false;
  try {
    return process.kill(engine.pid, 'SIGKILL');
  } catch (error) {
    // It went between the two calls, or another user's only looks like it.
    if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Ticks since boot, and which boot: field 22 of proc(5)'s stat, counted after the name, which may hold anything. */
function linuxStartTime(pid: number): string | null {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Dead and waiting for its parent: in a container that may be for ever.
  if (state === 'Z' || state === 'X') return null;
  return `${bootId()}/${fields[18]}`;
}

function linuxPidsBy(word: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => readProc(`/proc/${pid}/cmdline`)?.split('\0').includes(word)).map(Number);
}

export const bootId = (): string => readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}

function startTimeByPs(pid: number): string | null {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    // ps exits with 1 when there is no such process.
    return null;
  }
}

/** ps joins the words with blanks. */
function pidsByPs(word: string): number[] {
  try {
    const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
    return lines.filter((line) => `${line} `.includes(` ${word} `)).map((line) => Number.parseInt(line, 10));
  } catch (error) {
    // Windows has no ps, and nobody knows an engine there again yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
