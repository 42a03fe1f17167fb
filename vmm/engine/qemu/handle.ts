/** A running QEMU, started by this service or found again by it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { SystemDevice } from '../../../images/systems/linux/devices.ts';
import { MvmError } from '../../contract/errors.ts';
import type { DiskSlot, EngineExit, EngineHandle, EngineProcess, EngineSockets } from '../engine.ts';
import { settles } from '../settles.ts';
import { fileNode, fileNodesOf, nextFileNode, rawNode } from './blocks.ts';
import { isRunning, kill } from './identity.ts';
import type { Qmp } from './qmp.ts';

const GRACE_MS = 2_000;
/** A process that is stuck in the kernel dies when the kernel lets go of it; this long is waited, in ms. */
const KILL_MS = 5_000;

export interface QemuParts {
  process: EngineProcess;
  sockets: EngineSockets;
  devices: readonly SystemDevice[];
  qmp: Qmp;
  exited: Promise<EngineExit>;
  release(): void;
}

export class QemuHandle implements EngineHandle {
  readonly process: EngineProcess;
  readonly sockets: EngineSockets;
  readonly exited: Promise<EngineExit>;
  readonly #devices: readonly SystemDevice[];
  readonly #qmp: Qmp;
  readonly #release: () => void;

  constructor(parts: QemuParts) {
    this.process = parts.process;
    this.sockets = parts.sockets;
    this.exited = parts.exited;
    this.#devices = parts.devices;
    this.#qmp = parts.qmp;
    this.#release = parts.release;
  }

  async exchangeDisk(slot: DiskSlot, path: string): Promise<void> {
    const { node, readOnly } = this.#disk(slot);
    const before = await this.#nodeNames();
    const file = nextFileNode(node, before);
    await this.#qmp.execute('blockdev-add', fileNode(file, path, readOnly));
    try {
      await this.#qmp.execute('blockdev-reopen', { options: [rawNode(node, file, readOnly)] });
    } catch (error) {
      await this.#removeNode(file);
      throw error;
    }
    for (const old of fileNodesOf(node, before)) await this.#removeNode(old);
  }

  async paused(): Promise<boolean> {
    const { running } = (await this.#qmp.execute('query-status')) as { running: boolean };
    return !running;
  }

  async pause(): Promise<void> {
    await this.#qmp.execute('stop');
  }

  async resume(): Promise<void> {
    await this.#qmp.execute('cont');
  }

  async end(graceMs = GRACE_MS): Promise<void> {
    // Not to be waited for: QEMU may be gone, or hang, and the next rung deals with both.
    if (graceMs > 0) void this.#qmp.execute('quit').catch(() => undefined);
    if (graceMs > 0 && (await settles(this.exited, graceMs))) return;
    await killAndWait(this.process, this.exited);
  }

  detach(): void {
    this.#release();
    this.#qmp.close();
  }

  async #nodeNames(): Promise<string[]> {
    const nodes = (await this.#qmp.execute('query-named-block-nodes', { flat: true })) as { 'node-name': string }[];
    return nodes.map((node) => node['node-name']);
  }

  async #removeNode(name: string): Promise<void> {
    await this.#qmp.execute('blockdev-del', { 'node-name': name });
  }

  #disk(slot: DiskSlot): SystemDevice & { kind: 'disk' } {
    for (const device of this.#devices) if (device.kind === 'disk' && device.id === slot) return device;
    throw new MvmError('engine.no-slot', `this machine has no ${slot} disk`);
  }
}

/** @throws MvmError `engine.stuck` when even that does not end it */
export async function killAndWait(engine: EngineProcess, exited: Promise<unknown>): Promise<void> {
  kill(engine);
  if (await settles(exited, KILL_MS)) return;
  throw new MvmError('engine.stuck', `QEMU (process ${engine.pid}) does not end although it was killed`, {
    hint: 'The host keeps it in a system call; it goes when that returns, or with a restart of the host.',
    details: { pid: engine.pid },
  });
}

/** Resolves when a process that is not our child is gone; the system tells nobody but its parent. */
export async function departure(engine: EngineProcess, signal: AbortSignal): Promise<EngineExit> {
  for (let ms = 1; isRunning(engine); ms = Math.min(ms * 2, 500)) await pause(ms, undefined, { signal });
  return { code: null, signal: null };
}
