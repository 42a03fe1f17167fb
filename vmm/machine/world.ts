/** What machines need of the outside, as interfaces: only service/main knows who provides it. */
import type { Image, Machine, ProgramExit } from '../contract/types.ts';
import type { Accelerator } from '../engine/accelerators.ts';
import type { Engine } from '../engine/engine.ts';
import type { AgentSession } from '../guest/session.ts';
import type { HomePaths } from '../paths.ts';
import type { HostPorts } from './host-ports.ts';
import type { Defaults } from './spec.ts';

/** Long work told as it goes: `done` of `total` bytes. */
export type Progress = (step: string, done?: number, total?: number) => void;

export interface Clock {
  /** Unix ms; may jump */
  now(): number;
  /** ms from any origin; never jumps */
  monotonic(): number;
}

export interface ImageSource {
  /** @throws MvmError `image.not-found` with what was meant */
  resolve(reference: string, progress: Progress): Promise<Image>;
  /** path of the image's EROFS disk, made when missing */
  disk(digest: string, progress: Progress, signal?: AbortSignal): Promise<string>;
}

export interface MachineWorld {
  paths: HomePaths;
  /** where the machines' sockets lie */
  runFolder: string;
  clock: Clock;
  images: ImageSource;
  /** the longest a guest may take from its start to the agent's answer, ms */
  startDeadlineMs(): number;
  /** how long a program waits for a client that went away, ms; then an ephemeral machine ends */
  clientGraceMs(): number;
  defaults(): Defaults;
  /** @throws MvmError `engine.missing`, `engine.too-old` */
  engine(): Promise<Engine>;
  accelerator(): Promise<Accelerator>;
  ports: HostPorts;
  connectAgent(socket: string, options: { deadlineMs: number; signal?: AbortSignal }): Promise<AgentSession>;
  /** an empty file system for a machine; an existing one stays */
  makeMachineDisk(path: string, kind: 'scratch' | 'kept'): Promise<void>;
  /** gives a changed machine its revision and tells who listens */
  publish(machine: Machine): Machine;
  removed(machine: Machine): void;
  /** a machine's own program ended; `row` is its place in the history */
  finished(row: number | null, machine: Machine, exit: ProgramExit): void;
  log(line: string): void;
}
