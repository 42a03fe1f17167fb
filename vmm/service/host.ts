/** The engine and the accelerator of this host: found at their first use, once for the service's life. */
import { systemFor } from '../../images/systems/index.ts';
import { MvmError } from '../contract/errors.ts';
import type { ProbeResult } from '../engine/accelerators.ts';
import type { Engine } from '../engine/engine.ts';
import { probeAccelerators } from '../engine/probe.ts';
import { qemuEngine } from '../engine/qemu/engine.ts';
import { findQemu } from '../engine/qemu/find.ts';
import { connectAgent } from '../guest/session.ts';
import type { Artifacts, HomePaths } from '../paths.ts';
import { needArtifact } from './artifacts.ts';

export interface Host {
  engine(): Promise<Engine>;
  /** remembered for this boot of the host */
  probe(): Promise<ProbeResult>;
  /** tried anew, for who asks what is wrong */
  probeAfresh(): Promise<ProbeResult>;
  /** Gives up what is tried just now; resolves when nothing of it runs. */
  end(): Promise<void>;
}

export interface HostOptions {
  env: NodeJS.ProcessEnv;
  artifacts: Partial<Artifacts>;
  paths: HomePaths;
  runFolder: string;
  log(line: string): void;
}

/** The probe's guest gets as long as the probe itself allows. */
const SIGN_OF_LIFE_MS = 60_000;

export function openHost({ env, artifacts, paths, runFolder, log }: HostOptions): Host {
  const engine = once(async () => {
    const binary = await findQemu({ env, own: artifacts.engine ?? null, cacheFile: paths.engine });
    const { devices, commandLine } = systemFor('linux/amd64');
    const kernel = needArtifact(artifacts, 'kernel');
    const initramfs = needArtifact(artifacts, 'initramfs');
    return qemuEngine(binary, { kernel, initramfs, devices, commandLine });
  });
  const ending = new AbortController();
  const probing = new Set<Promise<unknown>>();
  const probeHost = (fresh: boolean): Promise<ProbeResult> => {
    const probe = probeOnce(fresh);
    probing.add(probe);
    return probe.finally(() => probing.delete(probe));
  };
  const probeOnce = async (fresh: boolean) => {
    const result = await probeAccelerators({
      fresh,
      engine: await engine(),
      folder: runFolder,
      cacheFile: paths.accelerators,
      warn: log,
      signal: ending.signal,
      signOfLife: async ({ agent }, signal) => {
        const session = await connectAgent(agent, { deadlineMs: SIGN_OF_LIFE_MS, signal });
        session.close();
      },
    });
    if (!result.fromCache) log(`the accelerator is ${result.chosen.name}`);
    return result;
  };
  return {
    engine,
    probe: once(() => probeHost(false)),
    probeAfresh: () => probeHost(true),
    end: async () => {
      ending.abort(new MvmError('service.ending', 'the mvm service ends'));
      await Promise.allSettled(probing);
    },
  };
}

/** Keeps what worked; a failure is tried again, for the user may have mended it. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
