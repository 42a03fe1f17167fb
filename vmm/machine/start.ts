/** A machine's start, from its ports and disks to its running program: every step is told as it begins. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { MvmError } from '../contract/errors.ts';
import type { EngineProcess, Hardware } from '../engine/engine.ts';
import type { AgentSession } from '../guest/session.ts';
import { machinePaths, machineSockets } from '../paths.ts';
import type { Boot } from './boot.ts';
import { becomeFor, guestMain } from './guest-view.ts';
import type { Ledger } from './ledger.ts';
import type { MachinePorts } from './machine-ports.ts';
import type { Programs } from './programs.ts';
import type { Recording } from './recording.ts';
import type { Session, SessionClient } from './session.ts';
import type { Stopwatch } from './stopwatch.ts';
import { unlessAborted } from './waits.ts';
import type { MachineWorld, Progress } from './world.ts';

/** Launches that may find a port taken. */
const MOST_TRIES = 3;

/** What a start has to do with of its machine. */
export interface StartParts {
  world: MachineWorld;
  ledger: Ledger;
  ports: MachinePorts;
  recording: Recording;
  programs: Programs;
  stopwatch: Stopwatch;
  /** the machine's boot from now on */
  newBoot(): Boot;
  /** the program runs, and may have ended by the time that is on disk */
  onStarted(): void;
}

/** Resolves when the program runs. Who began it cleans up when it fails or is given up. */
export async function begin(
  parts: StartParts,
  progress: Progress,
  client: SessionClient | null,
  signal: AbortSignal,
): Promise<Session> {
  const hardware = await prepare(parts, progress, signal);
  progress('starting the guest');
  const { ledger, ports, stopwatch } = parts;
  ledger.apply({ name: 'step', step: 'engine' });
  const boot = await launch(parts, hardware, signal);
  await ports.relay();
  stopwatch.mark('kernelEntered');
  ledger.apply({ name: 'step', step: 'agent' });
  const agent = await boot.meetAgent(signal);
  stopwatch.mark('agentReady');
  return startProgram(parts, boot, agent, client, signal);
}

async function prepare(
  parts: StartParts,
  progress: Progress,
  signal: AbortSignal,
): Promise<Omit<Hardware, 'forwards'>> {
  const { world, ledger, ports, recording } = parts;
  const { id, spec } = ledger.machine;
  const { folder, disk, engineLog } = machinePaths(world.paths, id);
  await ports.choose();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const imageDisk = await world.images.disk(spec.imageDigest, progress, signal);
  ledger.apply({ name: 'step', step: 'disk' });
  await world.makeMachineDisk(disk, spec.ephemeral ? 'scratch' : 'kept');
  const sockets = machineSockets(world.runFolder, id);
  await mkdir(sockets.folder, { recursive: true, mode: 0o700 });
  recording.beginIfKept(null);
  const { vcpus, memoryBytes, network } = spec;
  return { id, vcpus, memoryBytes, network, imageDisk, machineDisk: disk, sockets, engineLog };
}

/** A port that was free when it was chosen may be somebody's when the engine listens: then others are chosen. */
async function launch(parts: StartParts, hardware: Omit<Hardware, 'forwards'>, signal: AbortSignal): Promise<Boot> {
  const { newBoot, ledger, ports } = parts;
  for (let tries = 1; ; tries++) {
    const boot = newBoot();
    await ledger.write();
    const { forwards } = ledger.record;
    try {
      await boot.launch({ ...hardware, forwards }, { signal, onStarted: (process) => engineStarted(parts, process) });
      return boot;
    } catch (error) {
      if ((error as MvmError).code !== 'port.taken' || tries === MOST_TRIES) throw error;
      await ports.chooseAgain();
    }
  }
}

function engineStarted({ ledger, stopwatch }: StartParts, process: EngineProcess): void {
  stopwatch.mark('engineStarted');
  ledger.record.engine = process;
  void ledger.note();
}

async function startProgram(
  { world, ledger, programs, stopwatch, onStarted }: StartParts,
  boot: Boot,
  agent: AgentSession,
  client: SessionClient | null,
  signal: AbortSignal,
): Promise<Session> {
  ledger.apply({ name: 'step', step: 'program' });
  const { machine } = ledger;
  const session = programs.newMain(client !== null);
  if (client) session.attach(client, { 2: 0, 3: 0 });
  const become = becomeFor(machine, world.clock.now(), randomBytes(64));
  const begun = agent.becomeAndExec(become, guestMain(machine), session.sink);
  session.bind(await boot.unlessGone(unlessAborted(begun, signal)));
  stopwatch.mark('programStarted');
  ledger.apply({ name: 'program-started', at: world.clock.now() });
  onStarted();
  await ledger.write();
  return session;
}
