/** QEMU as an engine. */
import type { MvmError } from '../../contract/errors.ts';
import type { Engine, EngineCapabilities, EngineHandle, EngineProcess, LaunchOptions, LaunchPlan } from '../engine.ts';
import { type Start, withProbeGuest } from '../probe-guest.ts';
import { settles } from '../settles.ts';
import type { QemuBinary } from './find.ts';
import { departure, killAndWait, QemuHandle } from './handle.ts';
import { isRunning } from './identity.ts';
import { type GuestSystem, launchPlan } from './plan.ts';
import { connectQmp, type Qmp } from './qmp.ts';
import { shortDigest } from './short-digest.ts';
import { startQemu } from './start.ts';
import { endStray } from './stray.ts';
import { readTscKhz, rulerSystem } from './tsc-rate.ts';

/** After this long without an answer a QEMU of an earlier service counts as hung, in ms. */
const ADOPT_MS = 10_000;
/** How long the end of a process may follow its broken connection, in ms. */
const EXIT_MS = 1_000;

function capabilitiesOf({ edits }: QemuBinary): EngineCapabilities {
  return {
    exchangeDisks: true,
    sandbox: true,
    closesHostLoopback: edits.includes('closed-loopback'),
    reclaimsFromClones: edits.includes('shared-discard'),
    sharesFolders: edits.includes('folder-owners') && edits.includes('export-at-mount'),
  };
}

export function qemuEngine(binary: QemuBinary, system: GuestSystem): Engine {
  const startRuler: Start = async (hardware, options) => {
    const ruler = await rulerSystem(hardware.sockets.folder);
    return launch(launchPlan(binary.path, ruler, hardware, { name: 'tcg', tscKhz: 0 }), options, ruler);
  };
  return {
    name: 'qemu',
    version: binary.version,
    identity: shortDigest(`${binary.identity} ${system.kernel}`),
    capabilities: capabilitiesOf(binary),
    choice: `${binary.choice} (${binary.path})`,
    plan: (hardware, accelerator) => launchPlan(binary.path, system, hardware, accelerator),
    launch: (plan, options) => launch(plan, options, system),
    adopt: (plan, process) => adopt(plan, process, system),
    endStray,
    measureTscKhz: (ground, deadlineMs) => withProbeGuest(ground, deadlineMs, startRuler, readTscKhz),
  };
}

async function launch(plan: LaunchPlan, options: LaunchOptions, system: GuestSystem): Promise<EngineHandle> {
  options.signal?.throwIfAborted();
  const { process, exited, failure, release } = await startQemu(plan);
  const died = new AbortController();
  void exited.then(() => died.abort());
  try {
    options.onStarted?.(process);
    const signal = AbortSignal.any([died.signal, ...(options.signal ? [options.signal] : [])]);
    // QEMU answers from its main loop, which it enters once the vCPUs run.
    const qmp = await connectQmp(plan.sockets.qmp, { deadlineMs: options.deadlineMs, awaitSocket: true, signal });
    return new QemuHandle({ ...system, process, sockets: plan.sockets, qmp, exited, release });
  } catch (error) {
    // A connection that breaks may be noticed before the end of the process that broke it.
    const broke = (error as MvmError).code === 'engine.qmp' && (await settles(exited, EXIT_MS));
    if (broke || died.signal.aborted) throw await failure();
    await killAndWait(process, exited);
    throw error;
  }
}

async function adopt(
  { sockets, uuid }: Pick<LaunchPlan, 'sockets' | 'uuid'>,
  process: EngineProcess,
  system: GuestSystem,
): Promise<EngineHandle | null> {
  if (!isRunning(process)) return null;
  const released = new AbortController();
  const qmp = await meet(sockets.qmp, uuid);
  if (!qmp) {
    // It is the machine's engine, by pid and start time, yet nothing can be said to it any more.
    await killAndWait(process, departure(process, released.signal));
    return null;
  }
  const exited = qmp.closed.then(() => departure(process, released.signal)).catch(() => never);
  return new QemuHandle({ ...system, process, sockets, qmp, exited, release: () => released.abort() });
}

/** A released engine is no longer watched: its end is news for the next service. */
const never = new Promise<never>(() => {});

async function meet(socket: string, uuid: string): Promise<Qmp | null> {
  try {
    const qmp = await connectQmp(socket, { deadlineMs: ADOPT_MS });
    const { UUID } = (await qmp.execute('query-uuid')) as { UUID: string };
    if (UUID.replaceAll('-', '') === uuid) return qmp;
    qmp.close();
    return null;
  } catch {
    // Whatever failed, the caller finds the same machine lost; its engine's log has more.
    return null;
  }
}
