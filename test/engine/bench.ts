/** Real machines for tests of the engine: the TSC ruler needs neither kernel nor agent, and ends by itself. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { linuxDevices } from '../../images/systems/linux/devices.ts';
import type { Engine, EngineHandle, Hardware, LaunchPlan } from '../../vmm/engine/engine.ts';
import { qemuEngine } from '../../vmm/engine/qemu/engine.ts';
import { findQemu } from '../../vmm/engine/qemu/find.ts';
import { rulerSystem } from '../../vmm/engine/qemu/tsc-rate.ts';
import { machineSockets } from '../../vmm/paths.ts';
import { findArtifacts } from '../../vmm/service/artifacts.ts';

export interface Bench {
  folder: string;
  engine: Engine;
  plan(change?: Partial<Hardware>): LaunchPlan;
  /** a machine that the test's end ends */
  launch(plan?: LaunchPlan): Promise<EngineHandle>;
}

export async function makeBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'mvm-engine-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const system = { ...(await rulerSystem(folder)), devices: linuxDevices };
  const own = findArtifacts(process.env).engine ?? null;
  const engine = qemuEngine(await findQemu({ env: process.env, own, cacheFile: join(folder, 'engine.json') }), system);
  const plan = (change: Partial<Hardware> = {}) =>
    engine.plan({ ...hardware(folder), ...change }, { name: 'tcg', tscKhz: 1 });
  const launch = async (wanted = plan()) => {
    const handle = await engine.launch(wanted, { deadlineMs: 20_000 });
    onTestFinished(() => handle.end(0));
    return handle;
  };
  return { folder, engine, plan, launch };
}

function hardware(folder: string): Hardware {
  const id = randomBytes(16).toString('hex');
  const sockets = machineSockets(folder, id);
  mkdirSync(sockets.folder);
  return {
    id,
    vcpus: 1,
    memoryBytes: 64 * 1024 ** 2,
    network: 'user',
    forwards: [],
    imageDisk: null,
    machineDisk: null,
    sockets,
    engineLog: join(sockets.folder, 'engine.log'),
  };
}
