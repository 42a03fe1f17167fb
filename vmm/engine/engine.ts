/** What runs a machine: small on purpose, and saying by flags what it cannot do. */
import type { NetworkMode, PublishedPort } from '../contract/types.ts';
import type { Accelerator } from './accelerators.ts';
import type { ProbeGround } from './probe-guest.ts';

/** A machine's hardware as an engine needs it; what boots on it the engine knows. */
export interface Hardware {
  /** 32 hexadecimal digits; the engine shows it as the machine's UUID */
  id: string;
  vcpus: number;
  memoryBytes: number;
  network: NetworkMode;
  /** IPv4 ports of this host that lead into the guest */
  forwards: readonly PublishedPort[];
  /** EROFS file behind the read-only slot, null for a placeholder of the slot's size */
  imageDisk: string | null;
  /** file behind the writable slot, null for a placeholder */
  machineDisk: string | null;
  sockets: EngineSockets;
  /** the engine's own stderr goes here */
  engineLog: string;
}

export interface EngineSockets {
  folder: string;
  qmp: string;
  agent: string;
  console: string;
}

/** Everything about a start, decided before anything happens; pure, so it is compared as text in tests. */
export interface LaunchPlan {
  command: string;
  argv: string[];
  sockets: EngineSockets;
  engineLog: string;
  uuid: string;
}

export interface EngineCapabilities {
  /** disks can be exchanged in a running guest */
  exchangeDisks: boolean;
  /** a system-call filter confines the engine */
  sandbox: boolean;
  /** the guest can be kept from the host's loopback while it has a network */
  closesHostLoopback: boolean;
  /** memory that a guest frees is given back without harm to a template's file behind it */
  reclaimsFromClones: boolean;
  /** shared folders belong to the guest's user, and are found at the mount */
  sharesFolders: boolean;
}

/** Enough to find the process again after the service restarted. */
export interface EngineProcess {
  pid: number;
  /** the kernel's start time of the process, to tell it from a later one with the same pid */
  startTime: string;
}

export interface EngineExit {
  /** null when it was not our child (adopted) */
  code: number | null;
  signal: string | null;
}

/** One running machine. */
export interface EngineHandle {
  readonly process: EngineProcess;
  readonly sockets: EngineSockets;
  /** resolves when the engine's process is gone, however it went */
  readonly exited: Promise<EngineExit>;
  /** puts another file behind a slot; the guest must have unmounted it */
  exchangeDisk(slot: DiskSlot, path: string): Promise<void>;
  /** whether the guest's vCPUs stand still */
  paused(): Promise<boolean>;
  pause(): Promise<void>;
  /** runs the guest's vCPUs, resolves once they run */
  resume(): Promise<void>;
  /** ends the process: asks it to quit, then SIGKILL after `graceMs`; resolves when it is gone */
  end(graceMs?: number): Promise<void>;
  /** closes the connections of this service, the machine runs on */
  detach(): void;
}

export type DiskSlot = 'image' | 'machine';

export interface Engine {
  readonly name: string;
  readonly version: string;
  /** why it is this one of those that are there */
  readonly choice: string;
  /** changes with the engine's program and the kernel: part of the key of whatever was learnt with them */
  readonly identity: string;
  readonly capabilities: EngineCapabilities;
  /** @throws MvmError `engine.unsupported` for an accelerator that nobody could try yet */
  plan(hardware: Hardware, accelerator: Accelerator): LaunchPlan;
  /**
   * Resolves when the engine answers and the guest's vCPUs run.
   * @throws MvmError `engine.failed` with the engine's last words, `engine.silent` at the deadline
   */
  launch(plan: LaunchPlan, options: LaunchOptions): Promise<EngineHandle>;
  /** a handle on a process of an earlier service, or null when that machine is gone */
  adopt(plan: Pick<LaunchPlan, 'sockets' | 'uuid'>, process: EngineProcess): Promise<EngineHandle | null>;
  /** ends a machine whose process nobody wrote down: the service died as it was spawned */
  endStray(sockets: EngineSockets): Promise<void>;
  /** the rate of the TSC that guests see under TCG, measured with a guest that does nothing else; kHz */
  measureTscKhz(ground: ProbeGround, deadlineMs: number): Promise<number>;
}

export interface LaunchOptions {
  deadlineMs: number;
  signal?: AbortSignal;
  /** the process is spawned */
  onStarted?(process: EngineProcess): void;
}
