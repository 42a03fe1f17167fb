/** What is well and what is wrong on this host, each with the line that mends it. */
import { statfs } from 'node:fs/promises';
import { toBody } from '../contract/errors.ts';
import type { DoctorCheck, DoctorReport } from '../contract/types.ts';
import type { ProbeResult } from '../engine/accelerators.ts';
import type { Engine, EngineCapabilities } from '../engine/engine.ts';
import { loadPty } from '../machine/terminals/shell.ts';
import type { Artifacts } from '../paths.ts';
import { needArtifact } from './artifacts.ts';
import { nameServerCheck } from './name-server-check.ts';

export interface DoctorWorld {
  home: string;
  artifacts: Partial<Artifacts>;
  setAside: string | null;
  engine(): Promise<Engine>;
  probeAfresh(): Promise<ProbeResult>;
}

export async function examine(world: DoctorWorld): Promise<DoctorReport> {
  const checks = await Promise.all([
    engineCheck(world),
    acceleratorChecks(world),
    partsCheck(world),
    nameServerCheck(),
    terminalCheck(),
    spaceCheck(world.home),
    catalogCheck(world),
  ]);
  return { checks: checks.flat() };
}

async function engineCheck({ engine }: DoctorWorld): Promise<DoctorCheck[]> {
  try {
    const { name, version, choice, capabilities } = await engine();
    const lacking = (Object.keys(LACKS) as (keyof typeof LACKS)[]).filter((capability) => !capabilities[capability]);
    return [
      { name: 'engine', status: 'ok', found: `${name} ${version}, ${choice}` },
      ...lacking.map((capability) => ({ status: 'warn' as const, ...LACKS[capability] })),
    ];
  } catch (error) {
    return [failed('engine', error)];
  }
}

const OWN_ENGINE = "In a checkout, ./mvm --set-up-only builds mvm's own engine, which has it.";

/** What it means for a person when a capability is missing. */
const LACKS = {
  sandbox: {
    name: 'sandbox',
    found: 'this engine has no system-call filter: guests are confined less',
    fix: OWN_ENGINE,
  },
  closesHostLoopback: {
    name: 'network',
    found: "this engine has no wall before the host's loopback: guests with a network reach its services as 10.0.2.2",
    fix: `Run what you do not trust with --net none. ${OWN_ENGINE}`,
  },
  reclaimsFromClones: {
    name: 'memory',
    found: 'this engine has not what warm starts will need: to give memory back without harm to a template',
    fix: OWN_ENGINE,
  },
  sharesFolders: {
    name: 'folders',
    found: "this engine has not what shared folders will need: files that are the guest user's, found at the mount",
    fix: OWN_ENGINE,
  },
} satisfies Partial<Record<keyof EngineCapabilities, Omit<DoctorCheck, 'status'>>>;

async function acceleratorChecks({ probeAfresh }: DoctorWorld): Promise<DoctorCheck[]> {
  try {
    const { chosen, verdicts } = await probeAfresh();
    const why = verdicts.flatMap((verdict) => (verdict.available ? [] : [`${verdict.reason.replace(/\.+$/, '')}.`]));
    if (chosen.name !== 'tcg') return [{ name: 'accelerator', status: 'ok', found: chosen.name.toUpperCase() }];
    return [
      {
        name: 'accelerator',
        status: 'warn',
        found: `TCG (emulation): slower, and it isolates less than hardware does. ${why.join(' ')}`,
      },
    ];
  } catch (error) {
    return [failed('accelerator', error)];
  }
}

async function partsCheck({ artifacts }: DoctorWorld): Promise<DoctorCheck[]> {
  try {
    for (const name of ['kernel', 'initramfs', 'emptyDisk', 'scratchDisk', 'baseImage'] as const)
      needArtifact(artifacts, name);
    return [{ name: 'guest', status: 'ok', found: 'kernel, agent, disks and base image are there' }];
  } catch (error) {
    return [failed('guest', error)];
  }
}

/** Machines run without them. */
function terminalCheck(): DoctorCheck[] {
  try {
    loadPty();
    return [{ name: 'terminals', status: 'ok', found: 'shells of this computer can be opened' }];
  } catch (error) {
    return [{ ...failed('terminals', error), status: 'warn' }];
  }
}

const LITTLE = 2 * 1024 ** 3;
const TOO_LITTLE = 64 * 1024 ** 2;

async function spaceCheck(home: string): Promise<DoctorCheck[]> {
  const { bavail, bsize } = await statfs(home);
  const free = bavail * bsize;
  const found = `${(free / 1024 ** 3).toFixed(1)} GiB free at ${home}`;
  if (free >= LITTLE) return [{ name: 'disk', status: 'ok', found }];
  const status = free < TOO_LITTLE ? 'fail' : 'warn';
  return [{ name: 'disk', status, found, fix: 'Free some space, or set MVM_HOME to a folder on a larger disk.' }];
}

async function catalogCheck({ setAside }: DoctorWorld): Promise<DoctorCheck[]> {
  if (!setAside) return [{ name: 'catalog', status: 'ok', found: 'sound' }];
  return [
    {
      name: 'catalog',
      status: 'warn',
      found: `the catalog was damaged and has been rebuilt from what is on disk; the old one is ${setAside}`,
    },
  ];
}

function failed(name: string, error: unknown): DoctorCheck {
  const { message, hint } = toBody(error);
  return { name, status: 'fail', found: message, ...(hint !== undefined && { fix: hint }) };
}
