/** What the agent is asked and what it tells. Positions count a stream's bytes from 0. */
import type { TerminalSize, Ulimit } from '../contract/types.ts';

/** Everything that makes a machine of a guest: nothing of it stands on the kernel's command line. */
export interface Become {
  machineId: string;
  hostname: string;
  /** further lines of /etc/hosts */
  hosts: { name: string; address: string }[];
  /** the root is mounted read-only for programs */
  readOnly: boolean;
  /** folders in the guest's memory, with mount(8)'s options */
  tmpfs: { path: string; options: string[] }[];
  /** the guest's clock, since 1970 */
  time: { sec: number; nsec: number };
  /** at least 32 random bytes, hexadecimal: clones of one template would draw the same numbers */
  entropy: string;
  network: { address: string; gateway: string; dns: string[]; search: string[]; options: string[] } | null;
  /** size of /dev/shm, null for the kernel's own */
  shmBytes: number | null;
  /** settings of the kernel, such as net.ipv4.ip_forward */
  sysctls: { name: string; value: string }[];
  /** the guest's device with the image's EROFS */
  image: string;
  /** where writes go: an ext4 disk, kept or thrown away with the machine, or the guest's memory */
  upper: { device: string; keep: boolean } | { tmpfsBytes: number };
  /** share of vCPU time in thousandths, null for all */
  cpuMillis: number | null;
}

export const guestTime = (ms: number): Become['time'] => ({
  sec: Math.floor(ms / 1000),
  nsec: Math.round((ms % 1000) * 1e6),
});

/** A program to run. HOME, HOSTNAME and, with a terminal, TERM are filled in when `env` lacks them. */
export interface GuestExec {
  /** id that outlives connections, at most 64 characters */
  session: string;
  /** the machine's own program: PID 1 there, and everything ends with it */
  main: boolean;
  argv: string[];
  env: string[];
  cwd: string;
  user: string;
  tty: boolean;
  stdin: boolean;
  size: TerminalSize | null;
  /** an init stays PID 1, and the program is its child */
  init?: boolean;
  ulimits?: Ulimit[];
  /** further groups of the user, by name or number */
  groups?: string[];
  /** the agent's own program of that name, and none of the image's */
  builtin?: boolean;
}

export type GuestChannel = 'stdout' | 'stderr';

export interface GuestExit {
  /** as a shell has it: 128 and the signal's number after a signal */
  code: number;
  signal: string | null;
  userUs: number;
  systemUs: number;
  maxRssBytes: number;
}

/** A program as the agent tells of it when a connection begins. */
export interface GuestProcessState {
  id: string;
  /** its streams' number on the port */
  number: number;
  /** as the agent sees it; inside the machine it has another */
  pid: number;
  main: boolean;
  tty: boolean;
  /** null while it runs */
  exit: GuestExit | null;
  /** null when it reads as empty */
  stdin: { received: number; consumed: number; ended: boolean } | null;
  stdout: { acked: number; produced: number; ended: boolean };
  stderr: { acked: number; produced: number; ended: boolean };
}

export interface Guest {
  version: number;
  capabilities: string[];
  bootId: string;
  /** null while it is nobody's */
  machineId: string | null;
  processes: GuestProcessState[];
}

/** A process as the agent lists it. */
export interface GuestProcessRow {
  user: string;
  uid: number;
  pid: number;
  ppid: number;
  /** Unix ms by the guest's clock */
  started: number;
  ageMs: number;
  cpuMs: number;
  tty: string | null;
  command: string;
}

export interface GuestStats {
  memory: { total: number; free: number; shared: number; buffers: number };
  /** load of 1, 5 and 15 minutes in thousandths */
  loadMillis: number[];
  processes: number;
  uptimeSeconds: number;
}
