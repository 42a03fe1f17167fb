/** What a machine takes: of this host by the host's own account, and of its guest by the guest's. */
import { readFile, stat } from 'node:fs/promises';
import type { MachineStats } from '../contract/types.ts';
import { type HomePaths, machinePaths } from '../paths.ts';
import type { GuestMachine } from './machine.ts';
import { within } from './waits.ts';

/** How long a guest may take to tell, ms: a busy one must not hold up the table. */
const GUEST_MS = 1_000;
/** proc(5): CPU times are in ticks of sysconf(_SC_CLK_TCK), which is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

export async function statsOf(machine: GuestMachine, paths: HomePaths): Promise<MachineStats> {
  const { id, snapshot, engineProcess } = machine;
  const pid = engineProcess?.pid ?? null;
  const [cpuMs, memoryBytes, diskBytes, guest] = await Promise.all([
    pid === null ? null : cpuTime(pid),
    pid === null ? null : proportionalSetSize(pid),
    allocated(machinePaths(paths, id).disk),
    askGuest(machine),
  ]);
  const { name, spec } = snapshot;
  return {
    machine: id,
    name,
    at: Date.now(),
    cpuMs,
    memoryBytes,
    memoryLimitBytes: spec.memoryBytes,
    diskBytes,
    guest,
  };
}

async function askGuest(machine: GuestMachine): Promise<MachineStats['guest']> {
  if (machine.snapshot.state.name !== 'running') return null;
  try {
    const { memory, processes } = await within(machine.runningAgent().stats(), GUEST_MS);
    return { usedBytes: memory.total - memory.free - memory.buffers, processes };
  } catch {
    // A guest that is ending or too busy: the host's figures stand without its own.
    return null;
  }
}

/** utime and stime, fields 14 and 15 of proc(5)'s stat, counted after the name, which may hold anything. */
async function cpuTime(pid: number): Promise<number | null> {
  const text = await readProc(`/proc/${pid}/stat`);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function proportionalSetSize(pid: number): Promise<number | null> {
  const text = await readProc(`/proc/${pid}/smaps_rollup`);
  const kib = text === null ? null : /^Pss:\s+(\d+) kB/m.exec(text)?.[1];
  return kib ? Number(kib) * 1024 : null;
}

/** null on hosts without /proc, and for a process that has just ended. */
async function readProc(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return null;
    throw error;
  }
}

async function allocated(path: string): Promise<number | null> {
  try {
    // st_blocks counts 512 bytes whatever the file system's own blocks are (stat(2)).
    return (await stat(path)).blocks * 512;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
