/** machine.json: the truth of a machine, from which a restarted service finds it again. */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { MvmError } from '../contract/errors.ts';
import { STDERR, STDOUT } from '../contract/stream.ts';
import type { Machine, MachineSpec, ProcessSpec, PublishedPort } from '../contract/types.ts';
import type { EngineProcess } from '../engine/engine.ts';
import { type HomePaths, machinePaths } from '../paths.ts';
import type { Positions } from './scrollback.ts';

export interface MachineRecord {
  version: 1;
  machine: Machine;
  /** null while no engine runs for it */
  engine: EngineProcess | null;
  /** where the engine listens for each of the machine's ports: elsewhere when it cannot listen on that address */
  forwards: PublishedPort[];
  /** a client is attached to its program, or was when the service ended */
  foreground: boolean;
  /** sessions of further programs that nobody watches */
  detachedSessions: string[];
  /** where in its output file this run's output begins, null before its first run with one */
  logFrom: Positions | null;
  /** the row of this run in the catalog's history */
  history: number | null;
}

/** Written to a temporary name and renamed; kept machines are also flushed, an ephemeral one dies with its host anyway. */
export async function writeRecord(paths: HomePaths, record: MachineRecord): Promise<void> {
  const { folder, record: path } = machinePaths(paths, record.machine.id);
  const temporary = `${path}.new`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(record, null, 2));
    if (!record.machine.spec.ephemeral) await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

export interface FoundRecords {
  records: MachineRecord[];
  /** folders without a machine.json: their service died before anything ran */
  unfinished: string[];
  /** folders whose machine.json cannot be read, a newer mvm's for example, with the reason */
  damaged: { id: string; reason: string }[];
}

export async function readRecords(paths: HomePaths): Promise<FoundRecords> {
  const found: FoundRecords = { records: [], unfinished: [], damaged: [] };
  for (const id of await readdir(paths.machines)) {
    try {
      found.records.push(await readRecord(paths, id));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') found.unfinished.push(id);
      else found.damaged.push({ id, reason: (error as Error).message });
    }
  }
  return found;
}

async function readRecord(paths: HomePaths, id: string): Promise<MachineRecord> {
  const record = JSON.parse(await readFile(machinePaths(paths, id).record, 'utf8')) as MachineRecord;
  if (record.version !== 1 || record.machine?.id !== id || !record.machine.spec || !record.machine.state)
    throw new MvmError('machine.record', `the record of machine ${id} is not one of this mvm`);
  return withDefaults(record);
}

/** What an older mvm did not write yet. */
function withDefaults(record: MachineRecord): MachineRecord {
  const { spec } = record.machine;
  const process: ProcessSpec = { ...UNASKED_PROCESS, ...spec.process };
  const logFrom = record.logFrom ?? { [STDOUT]: 0, [STDERR]: 0 };
  const machine = { ...record.machine, spec: { ...UNASKED, ...spec, process }, ports: record.machine.ports ?? [] };
  return { ...record, logFrom, forwards: record.forwards ?? [], machine };
}

const UNASKED: Partial<MachineSpec> = {
  labels: {},
  readOnlyRoot: false,
  tmpfs: [],
  shmBytes: null,
  extraHosts: [],
  ports: [],
  dns: { servers: [], search: [], options: [] },
  sysctls: {},
  init: false,
  stopGraceMs: null,
};
const UNASKED_PROCESS: Partial<ProcessSpec> = { ulimits: [], groups: [] };

export async function removeFolder(paths: HomePaths, id: string): Promise<void> {
  await rm(machinePaths(paths, id).folder, { recursive: true, force: true });
}
