/** A booted guest and the line to its agent, for tests of the protocol alone: no service, no machine. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../images/registry/store.ts';
import { buildDisk } from '../../images/rootfs/build-disk.ts';
import { type TarInput, writeTar } from '../../images/rootfs/tar-writer.ts';
import { expandEmptyDisk } from '../../images/systems/linux/empty-disk.ts';
import type { Accelerator } from '../../vmm/engine/accelerators.ts';
import type { EngineHandle, Hardware, LaunchPlan } from '../../vmm/engine/engine.ts';
import type { Become, GuestExec, GuestExit } from '../../vmm/guest/messages.ts';
import type { GuestProcess, ProcessSink } from '../../vmm/guest/process.ts';
import { type AgentSession, connectAgent } from '../../vmm/guest/session.ts';
import { homePaths, machineSockets } from '../../vmm/paths.ts';
import { findArtifacts, needArtifact } from '../../vmm/service/artifacts.ts';
import { openHost } from '../../vmm/service/host.ts';
import { layerFile } from '../images/layer-file.ts';
import { nowhere, program } from './program.ts';

const DEADLINE_MS = 60_000;
const artifacts = findArtifacts(process.env);
/** probed once a test file */
let accelerator: Accelerator | null = null;

export interface Ended {
  stdout: string;
  stderr: string;
  exit: GuestExit;
}

/** Makes an image's disk in a folder, and says its path. */
export type ImageDisk = (folder: string) => Promise<string>;

export interface BootOptions {
  /** `MVM_QEMU` in it names another engine than the one that mvm would choose */
  env?: NodeJS.ProcessEnv;
  forwards?: Hardware['forwards'];
  /** changes what is launched, for a test of something that no machine has yet */
  adapt?: (plan: LaunchPlan) => LaunchPlan;
}

export class Guest {
  readonly folder: string;
  readonly engine: EngineHandle;
  agent: AgentSession;
  #programs = 0;

  /** Boots one that is nobody's yet, with a scratch disk and the given image. */
  static async boot(image: ImageDisk = baseDisk, options: BootOptions = {}): Promise<Guest> {
    const { env = process.env, forwards = [], adapt = (plan) => plan } = options;
    const folder = mkdtempSync(join(tmpdir(), 'mvm-guest-'));
    const paths = homePaths(folder);
    const host = openHost({ env, artifacts, paths, runFolder: folder, log: () => {} });
    const engine = await host.engine();
    const id = randomBytes(16).toString('hex');
    const sockets = machineSockets(folder, id);
    mkdirSync(sockets.folder);
    const [imageDisk, machineDisk] = [await image(folder), scratchDisk(folder, 'scratch')];
    const engineLog = join(folder, 'engine.log');
    const hardware = { id, vcpus: 1, memoryBytes: 256 * 1024 ** 2, network: 'user' as const, forwards };
    accelerator ??= (await host.probe()).chosen;
    const plan = engine.plan({ ...hardware, imageDisk, machineDisk, sockets, engineLog }, accelerator);
    const handle = await engine.launch(adapt(plan), { deadlineMs: DEADLINE_MS });
    return new Guest(folder, handle, await connectAgent(sockets.agent, { deadlineMs: DEADLINE_MS }));
  }

  constructor(folder: string, engine: EngineHandle, agent: AgentSession) {
    this.folder = folder;
    this.engine = engine;
    this.agent = agent;
  }

  /** Boots one and makes it a machine whose own program does nothing. */
  static async machine(image?: ImageDisk, options?: BootOptions): Promise<Guest> {
    const guest = await Guest.boot(image, options);
    await guest.agent.becomeAndExec(become(), program(['sleep', '100000'], { session: 'main', main: true }), nowhere);
    return guest;
  }

  /** Cuts the line, as a service that is killed does, and makes a new one. */
  async reconnect(): Promise<AgentSession> {
    this.agent.close();
    await this.agent.closed;
    this.agent = await connectAgent(this.engine.sockets.agent, { deadlineMs: DEADLINE_MS });
    return this.agent;
  }

  /** Runs a program to its end with its input. */
  async run(argv: string[], change: Partial<GuestExec> & { input?: string; become?: Become } = {}): Promise<Ended> {
    const { input, become, ...rest } = change;
    const printed = { stdout: '', stderr: '' };
    const { promise, resolve } = Promise.withResolvers<GuestExit>();
    const sink: ProcessSink = {
      output: (channel, position, bytes) => {
        printed[channel] += bytes.toString();
        process.acknowledge(channel, position + bytes.length);
      },
      end: () => {},
      stdinConsumed: () => {},
      exit: resolve,
    };
    const exec = program(argv, { session: `run-${++this.#programs}`, stdin: input !== undefined, ...rest });
    const starting = become ? this.agent.becomeAndExec(become, exec, sink) : this.agent.exec(exec, sink);
    const process: GuestProcess = await starting;
    if (input !== undefined) {
      process.write(0, Buffer.from(input));
      process.endStdin(Buffer.byteLength(input));
    }
    const exit = await promise;
    await process.reap();
    return { ...printed, exit };
  }

  sh(script: string, change: Partial<GuestExec> = {}): Promise<Ended> {
    return this.run(['sh', '-c', script], change);
  }

  async end(): Promise<void> {
    this.agent.close();
    await this.engine.end(0);
    rmSync(this.folder, { recursive: true });
  }
}

export function become(change: Partial<Become> = {}): Become {
  return {
    machineId: randomBytes(16).toString('hex'),
    hostname: 'box',
    hosts: [],
    readOnly: false,
    tmpfs: [],
    time: { sec: Math.floor(Date.now() / 1000), nsec: 0 },
    entropy: randomBytes(32).toString('hex'),
    network: { address: '10.0.2.15/24', gateway: '10.0.2.2', dns: ['10.0.2.3'], search: [], options: [] },
    shmBytes: null,
    sysctls: [],
    image: '/dev/vda',
    upper: { device: '/dev/vdb', keep: false },
    cpuMillis: null,
    ...change,
  };
}

export function scratchDisk(folder: string, name: string): string {
  const path = join(folder, `${name}.ext4`);
  expandEmptyDisk(needArtifact(artifacts, 'scratchDisk'), path, { durable: false });
  return path;
}

/** The base image with further files in it. */
export function diskWith(name: string, entries: TarInput[]): ImageDisk {
  return async (folder) => {
    const store = await openStore(join(folder, `${name}-store`));
    const [image] = await store.importFrom(needArtifact(artifacts, 'baseImage'));
    const { layers } = image as NonNullable<typeof image>;
    const out = join(folder, `${name}.erofs`);
    const below = layers.map((layer) => ({ ...layer, path: store.path(layer.digest) }));
    const above = await layerFile(join(folder, `${name}.tar`), writeTar(entries));
    await buildDisk({ layers: [...below, above], out, uuidFrom: name });
    return out;
  };
}

const baseDisk = diskWith('base', []);
