/** Every on-disk name, once. */
import { lstatSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { MvmError } from './contract/errors.ts';

/** The user's data folder: `MVM_HOME`, else the platform's own place. @throws MvmError `home.unknown` */
export function homeFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  if (env.MVM_HOME) return resolve(env.MVM_HOME);
  if (platform === 'darwin') return join(userFolder(), 'Library', 'Application Support', 'mvm');
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(userFolder(), 'AppData', 'Local'), 'mvm');
  return join(env.XDG_DATA_HOME || join(userFolder(), '.local', 'share'), 'mvm');
}

function userFolder(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new MvmError('home.unknown', 'this user has no home folder', { hint: 'Set HOME or MVM_HOME.', cause });
  }
}

/** Names under one MVM_HOME. */
export function homePaths(home: string) {
  return {
    home,
    catalog: join(home, 'catalog.db'),
    /** OCI layout: `oci-layout`, `index.json`, `blobs/` */
    layout: home,
    disks: join(home, 'disks'),
    machines: join(home, 'machines'),
    logs: join(home, 'logs'),
    serviceLog: join(home, 'logs', 'service.log'),
    desktopLog: join(home, 'logs', 'desktop.log'),
    serviceLock: join(home, 'service.lock'),
    /** sockets, while paths stay short */
    run: join(home, 'run'),
    /** where the sockets lie when `run` would be too long; a small file naming the folder */
    runPointer: join(home, 'run-folder'),
    /** leads a browser to the door for browsers */
    pageOpener: join(home, 'page', 'open.html'),
    /** what was learnt of the host: the engine's version, the accelerator */
    engine: join(home, 'engine.json'),
    accelerators: join(home, 'accelerators.json'),
  };
}
export type HomePaths = ReturnType<typeof homePaths>;

/** The EROFS disk of an image. */
export function imageDisk(paths: HomePaths, manifestDigest: string): string {
  return join(paths.disks, `${manifestDigest.replace(':', '-')}.erofs`);
}

/** Names of one machine: its truth, its writable disk, its output and console. */
export function machinePaths(paths: HomePaths, id: string) {
  const folder = join(paths.machines, id);
  return {
    folder,
    record: join(folder, 'machine.json'),
    disk: join(folder, 'disk.ext4'),
    /** what its program printed, framed; the older half beside it */
    output: join(folder, 'output.log'),
    /** what kernel and agent printed on ttyS0, bounded */
    console: join(folder, 'console.log'),
    /** the engine's own stderr */
    engineLog: join(folder, 'engine.log'),
    /** what a later service must know of its sessions */
    sessions: join(folder, 'sessions'),
  };
}

/** Names of one session of a machine. */
export function sessionPaths(sessions: string, id: string) {
  return {
    record: join(sessions, `${id}.json`),
    /** what a further program printed on its terminal, framed; the older half beside it */
    output: join(sessions, `${id}.log`),
  };
}

/** Sockets of one machine: short names, for a socket's path holds at most 107 bytes. */
export function machineSockets(runFolder: string, id: string) {
  const short = join(runFolder, id.slice(0, 12));
  return { folder: short, qmp: join(short, 'qmp'), agent: join(short, 'agent'), console: join(short, 'console') };
}

/** What a service must know of the one before it, and what it puts on PATH for shells. */
export const terminalPaths = (runFolder: string) => ({
  file: join(runFolder, 'terminals.json'),
  bin: join(runFolder, 'bin'),
});

/** The doors for browsers that are open, for the service that comes after this one. */
export const pageDoorsFile = (runFolder: string): string => join(runFolder, 'page-doors.json');

export const serviceSocket = (runFolder: string): string => join(runFolder, 'mvm.sock');

/** What the service that runs says of itself, beside its socket. */
export const serviceNote = (runFolder: string): string => join(runFolder, 'service.json');

/** A socket's whole path stays within this many bytes (sun_path holds 108 on Linux, 104 on macOS). */
const SOCKET_PATH_LIMIT = 100;

/**
 * Where the sockets of a home lie: its `run` folder while paths stay short enough, else the recorded folder under the
 * temporary one, trusted only while it is ours alone. Null when there is none yet.
 */
export function findRunFolder(paths: HomePaths): string | null {
  const longest = Buffer.byteLength(machineSockets(paths.run, '0'.repeat(32)).console);
  if (longest <= SOCKET_PATH_LIMIT) return paths.run;
  try {
    const folder = readFileSync(paths.runPointer, 'utf8');
    const found = lstatSync(folder);
    const ours = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
    return ours ? folder : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Names built by the set-up, found beside the bundle. */
export interface Artifacts {
  kernel: string;
  initramfs: string;
  /** empty ext4 with a journal, compact form: a kept machine's disk */
  emptyDisk: string;
  /** empty ext4 without a journal, compact form: an ephemeral run's scratch disk */
  scratchDisk: string;
  /** the base image `linux` as an oci-archive */
  baseImage: string;
  /** mvm's own QEMU, its firmware beside it */
  engine: string;
}
