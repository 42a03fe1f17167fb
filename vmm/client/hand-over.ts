/** An older mvm's service makes way for this one's: its guests run on, and the next service adopts them. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { MvmError } from '../contract/errors.ts';
import type { VersionInfo } from '../contract/types.ts';
import { isOlder } from '../contract/version.ts';
import { serviceNote } from '../paths.ts';

/** How long a service may take to end, ms. */
const DEADLINE_MS = 10_000;
const LOOK_MS = 5;

/** What a service says of itself; one that made way says for whom. */
type ServiceNote = VersionInfo & { successor?: string };

export interface RunningService {
  /** null when it is from before services noted anything */
  note: ServiceNote | null;
  /** the service's program of this mvm */
  successor: string;
  ask(method: string, path: string, body: string | null): Promise<unknown>;
}

/** True when the service that runs is older than the one that `entry` would start. */
export function isSuperseded(runFolder: string, entry: string): boolean {
  const note = readNote(runFolder);
  return note === null || isOlder(note, { entry, builtAt: builtAt(entry) });
}

const builtAt = (entry: string): number => statSync(entry).mtimeMs;

/**
 * Resolves when it has ended. One that is busy with what cannot be handed over serves on, and this resolves at once.
 * Errors are connections that broke: then it is gone, or somebody else was quicker.
 */
export async function handOver({ note, successor, ask }: RunningService): Promise<void> {
  const { pid } = (await ask('GET', '/v1/version', null)) as VersionInfo;
  try {
    await ask('POST', '/v1/shutdown', note === null ? null : JSON.stringify({ process: pid, successor }));
  } catch (error) {
    if (error instanceof MvmError && (error.code === 'service.busy' || error.code === 'service.other')) return;
    throw error;
  }
  const deadline = performance.now() + DEADLINE_MS;
  while (lives(pid)) {
    if (performance.now() > deadline)
      throw new MvmError('service.stuck', `the service of an older mvm (process ${pid}) does not end`, {
        hint: `End it: kill -9 ${pid}. Its machines run on.`,
      });
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** The program to start where a service made way for a newer one's: that one, or else our own. */
export function successorOf(runFolder: string | null, entry: string): string {
  const successor = runFolder === null ? undefined : readNote(runFolder)?.successor;
  return successor !== undefined && existsSync(successor) ? successor : entry;
}

export function readNote(runFolder: string): ServiceNote | null {
  try {
    return JSON.parse(readFileSync(serviceNote(runFolder), 'utf8')) as ServiceNote;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !isDead(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** It has ended, and the client that started it cannot be told: it stands still, by ctrl-Z for example. */
function isDead(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The state follows the name, which may hold anything.
    return stat.charAt(stat.lastIndexOf(')') + 2) === 'Z';
  } catch {
    // It went meanwhile, which the next look finds; or this system has no such files.
    return false;
  }
}
