/** Guest instructions from the engine's start, on exactly the arguments with which `mvm run -m 256m` starts a machine. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expandEmptyDisk } from '../../images/systems/linux/empty-disk.ts';
import { MvmError } from '../../vmm/contract/errors.ts';
import type { LaunchPlan } from '../../vmm/engine/engine.ts';
import { connectAgent } from '../../vmm/guest/session.ts';
import { homePaths, imageDisk, machineSockets } from '../../vmm/paths.ts';
import { needArtifact } from '../../vmm/service/artifacts.ts';
import { type Host, openHost } from '../../vmm/service/host.ts';
import { bound, type Figure } from './figure.ts';
import type { Ground } from './ground.ts';
import { type Counts, countBoot } from './instructions/count.ts';
import { instructionsByFunction } from './instructions/profile.ts';

const MEMORY_BYTES = 256 * 1024 ** 2;
const DEADLINE_MS = 120_000;
const BOOTS = 3;
const FUNCTIONS_SHOWN = 8;

export async function boot(ground: Ground): Promise<Figure[]> {
  await ground.ready();
  // mvm's own engine takes no plugin; a guest's instructions are the same on the one that does.
  const { engine: _, ...artifacts } = ground.artifacts;
  const place = { paths: homePaths(ground.home), runFolder: ground.folder };
  const host = openHost({ env: ground.env, artifacts, ...place, log: () => undefined });
  const counts: Counts[] = [];
  for (let boot = 0; boot < BOOTS; boot++) counts.push(await count(ground, host));
  const common = { unit: 'M insns', command: 'npm run bench -- boot' } as const;
  const samples = (key: 'kernelEntered' | 'pid1' | 'total') => counts.map((found) => found[key] / 1e6);
  return [
    { ...common, what: 'guest instructions until the kernel', samples: samples('kernelEntered') },
    { ...common, what: 'guest instructions until PID 1', samples: samples('pid1'), bound: bound(44) },
    { ...common, what: "guest instructions until the agent's first ping", samples: samples('total'), bound: bound(47) },
    ...(await busiest(ground, host)).map(({ name, millions }) => ({
      ...common,
      what: `  until PID 1, in ${name}`,
      samples: [millions],
    })),
  ];
}

async function count(ground: Ground, host: Host, profile?: string) {
  const plan = await planLikeRun(ground, host);
  const ready = () => firstPing(plan, ground.signal);
  return countBoot([plan.command, ...plan.argv], { ready, ...(profile && { profile }) });
}

async function firstPing({ sockets }: LaunchPlan, signal: AbortSignal): Promise<void> {
  const session = await connectAgent(sockets.agent, { deadlineMs: DEADLINE_MS, signal });
  await session.ping();
  session.close();
}

/** Where the instructions until PID 1 went; nothing when the kernel's System.map does not lie beside it. */
async function busiest(ground: Ground, host: Host): Promise<{ name: string; millions: number }[]> {
  const systemMap = join(dirname(needArtifact(ground.artifacts, 'kernel')), 'System.map');
  if (!existsSync(systemMap)) return [];
  const profile = join(ground.folder, 'profile');
  await count(ground, host, profile);
  const found = instructionsByFunction(readFileSync(profile, 'utf8'), readFileSync(systemMap, 'utf8'));
  return found.slice(0, FUNCTIONS_SHOWN).map(({ name, untilPid1 }) => ({ name, millions: untilPid1 / 1e6 }));
}

/** A new ephemeral machine of the image `linux`, planned as the service plans it. */
async function planLikeRun(ground: Ground, host: Host): Promise<LaunchPlan> {
  const id = randomBytes(16).toString('hex');
  const sockets = machineSockets(ground.folder, id);
  mkdirSync(sockets.folder);
  const machineDisk = join(sockets.folder, 'disk');
  expandEmptyDisk(needArtifact(ground.artifacts, 'scratchDisk'), machineDisk, { durable: false });
  const hardware = {
    id,
    vcpus: 1,
    memoryBytes: MEMORY_BYTES,
    network: 'user',
    forwards: [],
    machineDisk,
    sockets,
  } as const;
  const engineLog = join(sockets.folder, 'engine.log');
  const engine = await host.engine();
  return engine.plan({ ...hardware, imageDisk: await linuxDisk(ground), engineLog }, await emulation(ground, host));
}

/** Instructions can be counted under emulation alone, whatever this host runs its guests with. */
async function emulation(ground: Ground, host: Host): Promise<{ name: 'tcg'; tscKhz: number }> {
  const { chosen } = await host.probe();
  if (chosen.name === 'tcg') return chosen;
  const engine = await host.engine();
  const warn = () => undefined;
  return { name: 'tcg', tscKhz: await engine.measureTscKhz({ folder: ground.folder, warn }, DEADLINE_MS) };
}

async function linuxDisk(ground: Ground): Promise<string> {
  const { images } = await ground.call('images', {});
  const linux = images.find(({ reference }) => reference === 'linux');
  if (!linux) throw new MvmError('bench.no-image', 'the service has no image linux after a run of it');
  return imageDisk(homePaths(ground.home), linux.digest);
}
