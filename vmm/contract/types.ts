/** The central types: plain data that CLI, window and service share. Sizes are bytes, times Unix milliseconds. */

export type Platform = { os: string; architecture: string };

export type NetworkMode = 'none' | 'user';

export type PortProtocol = 'tcp' | 'udp';

/** A port of the guest that this host publishes. */
export interface PortSpec {
  protocol: PortProtocol;
  /** an address of this host, IPv4 or IPv6 */
  hostAddress: string;
  /** 0 asks for any that is free */
  hostPort: number;
  guestPort: number;
}

/** A port as it is published: its host port is a real one, and stays the same when the machine starts again. */
export type PublishedPort = PortSpec;

/** What was asked for: everything needed to start the machine, again if it is kept. */
export interface MachineSpec {
  /** image reference as the user wrote it */
  image: string;
  /** manifest digest that the reference meant when the machine was made */
  imageDigest: string;
  vcpus: number;
  /** share of vCPU time in thousandths, when less than `vcpus * 1000` */
  cpuMillis: number | null;
  memoryBytes: number;
  network: NetworkMode;
  ports: PortSpec[];
  hostname: string;
  /** further lines of the guest's /etc/hosts */
  extraHosts: HostEntry[];
  /** the program cannot write in its root, but for the folders of `tmpfs` */
  readOnlyRoot: boolean;
  tmpfs: TmpfsMount[];
  /** what /dev/shm holds, bytes; 0 for no limit, null for half of the memory */
  shmBytes: number | null;
  dns: DnsSpec;
  /** settings of the guest's kernel by name, written before the program runs */
  sysctls: Record<string, string>;
  labels: Record<string, string>;
  process: ProcessSpec;
  /** machine and its disk go when its program ends */
  ephemeral: boolean;
  /** ms from the program's start until it is ended, or null */
  timeoutMs: number | null;
  /** an init is PID 1, and the program its child */
  init: boolean;
  /** what `stop` sends first */
  stopSignal: string;
  /** ms that `stop` waits when it does not say itself, or null for the usual */
  stopGraceMs: number | null;
}

export interface HostEntry {
  name: string;
  /** IPv4 or IPv6 */
  address: string;
}

/** The guest's /etc/resolv.conf. */
export interface DnsSpec {
  /** addresses; none for the host's own */
  servers: string[];
  /** domains */
  search: string[];
  options: string[];
}

/** A folder in the guest's memory. */
export interface TmpfsMount {
  /** absolute, in the guest */
  path: string;
  /** `size=64m`, `mode=755`, `noexec` …; what mount(8) calls them */
  options: string[];
}

/** What a program may take of something, as setrlimit(2) has it; -1 is unlimited. */
export interface Ulimit {
  /** `nofile`, `nproc`, `core` …; docker's names */
  name: string;
  soft: number;
  hard: number;
}

/** A program to run inside a machine. */
export interface ProcessSpec {
  argv: string[];
  /** `NAME=value` */
  env: string[];
  cwd: string;
  /** `user`, `uid`, `user:group` or `uid:gid`; empty means root */
  user: string;
  tty: boolean;
  /** stdin is connected; otherwise it reads as empty */
  stdin: boolean;
  size: TerminalSize | null;
  ulimits: Ulimit[];
  /** further groups of the user, by name or number */
  groups: string[];
}

export interface TerminalSize {
  columns: number;
  rows: number;
}

export interface ProgramExit {
  code: number;
  /** name of the signal that ended it, `SIGKILL` for example */
  signal: string | null;
  at: number;
}

export type StartStep = 'image' | 'disk' | 'engine' | 'kernel' | 'agent' | 'program';

export type MachineState =
  | { name: 'created' }
  | { name: 'starting'; step: StartStep }
  | { name: 'running'; since: number }
  | { name: 'paused'; since: number; where: 'memory' | 'disk' }
  | { name: 'stopping'; since: number }
  | { name: 'stopped'; exit: ProgramExit }
  | { name: 'failed'; error: ErrorBody; at: number };

/** A machine as it was at `revision`. Its own program's session bears its id. */
export interface Machine {
  /** 32 hexadecimal digits, also the guest's machine-id and QEMU's UUID */
  id: string;
  name: string;
  spec: MachineSpec;
  state: MachineState;
  created: number;
  /** grows with every change of any machine of this service */
  revision: number;
  timeline: Timeline;
  /** empty until its first start; open while it runs */
  ports: PublishedPort[];
}

/** Points of a start in ms since the request reached the service; absent ones were not reached. */
export interface Timeline {
  /** when the request reached the service, Unix ms */
  requestedAt: number;
  /** the engine's process was spawned */
  engineStarted?: number;
  /** the engine answered on QMP and ran the guest's first instruction */
  kernelEntered?: number;
  /** the agent answered the hello */
  agentReady?: number;
  /** the guest reported the program's pid */
  programStarted?: number;
  /** the program's first output byte reached the service */
  firstByte?: number;
  /** the guest reported the program's end */
  exited?: number;
}

export interface Image {
  /** local name, `linux` or `alpine:3.20`; null when only the digest names it */
  reference: string | null;
  /** manifest digest, `sha256:…` */
  digest: string;
  platform: Platform;
  config: ImageConfig;
  /** size of the layers as stored */
  bytes: number;
  /** space that its EROFS disk takes on the host, null when the next run must make it again */
  diskBytes: number | null;
  created: number;
  /** shipped with mvm, and brought back when removed; without a name when a newer one took its place */
  builtin: boolean;
}

export interface ImageConfig {
  entrypoint: string[];
  cmd: string[];
  env: string[];
  workingDir: string;
  user: string;
  labels: Record<string, string>;
  /** where its program listens, `80/tcp` */
  exposedPorts: string[];
  stopSignal: string | null;
}

export interface RunRequest {
  /** id for the machine and its program's session, 32 hexadecimal digits: a client that lost its connection asks for it */
  id: string | null;
  image: string;
  name: string | null;
  /** command after the image; empty means the image's own */
  command: string[];
  /** null means the image's own; an empty string none */
  entrypoint: string | null;
  env: string[];
  cwd: string | null;
  user: string | null;
  tty: boolean;
  stdin: boolean;
  size: TerminalSize | null;
  detach: boolean;
  /** `linux/amd64`: refused when the image is for another one */
  platform: string | null;
  /** removed at its end even if named or detached */
  remove: boolean;
  /** docker's `--cpus`: whole or fractional */
  cpus: number | null;
  memoryBytes: number | null;
  network: NetworkMode | null;
  ports: PortSpec[];
  /** `80/tcp`, `8000-8010`: what the image exposes besides its own */
  expose: string[];
  /** publish every exposed port at any free one of this host */
  publishAll: boolean;
  timeoutMs: number | null;
  /** an init is PID 1, passes signals on and reaps what is orphaned */
  init: boolean;
  /** `TERM`, `SIGTERM` or `15`; null means the image's own */
  stopSignal: string | null;
  /** null means the usual */
  stopGraceMs: number | null;
  /** null means the first twelve digits of the machine's id */
  hostname: string | null;
  extraHosts: HostEntry[];
  readOnly: boolean;
  tmpfs: TmpfsMount[];
  /** null for half of the memory */
  shmBytes: number | null;
  ulimits: Ulimit[];
  /** further groups of the user, by name or number */
  groups: string[];
  dns: DnsSpec;
  sysctls: Record<string, string>;
  labels: Record<string, string>;
}

/** A detached run, for clients that wait for nothing: all but the image has a default, docker's. */
export type CreateRequest = Pick<RunRequest, 'image'> & Partial<Omit<RunRequest, 'image' | 'detach'>>;

/** The end of what a machine's program printed, as UTF-8. */
export interface OutputText {
  stdout: string;
  stderr: string;
  /** there was more before it */
  cut: boolean;
}

export interface ExecRequest {
  /** id for the session, as in a run */
  id: string | null;
  command: string[];
  env: string[];
  cwd: string | null;
  user: string | null;
  tty: boolean;
  stdin: boolean;
  size: TerminalSize | null;
  detach: boolean;
}

/** How a machine's program went. */
export interface MachineEnd {
  /** null while it was never run, or when `error` says why its end is not known */
  exit: ProgramExit | null;
  error: ErrorBody | null;
}

/** What a machine takes of this host; null where the host or the guest does not tell. */
export interface MachineStats {
  machine: string;
  name: string;
  /** when these were read, Unix ms */
  at: number;
  /** CPU time of the engine since its start, ms */
  cpuMs: number | null;
  /** memory that the host really holds for the engine (proportional set size), bytes */
  memoryBytes: number | null;
  /** what the guest was given, bytes */
  memoryLimitBytes: number;
  /** space that the machine's disk takes on the host, bytes */
  diskBytes: number | null;
  /** what the guest says of itself: memory that is not free, and its processes */
  guest: { usedBytes: number; processes: number } | null;
}

/** A process as the machine's own programs see it. */
export interface GuestProcessInfo {
  /** name in the machine's passwd, or the number */
  user: string;
  uid: number;
  pid: number;
  /** 0 when its parent is not in the machine */
  ppid: number;
  /** CPU time by the time since its start, at most 100 */
  cpuPercent: number;
  /** Unix ms by the guest's clock */
  started: number;
  /** `pts/0`, or null */
  tty: string | null;
  /** CPU time so far, ms */
  cpuMs: number;
  /** its words, or in brackets its name */
  command: string;
}

/** A program that runs in a machine. */
export interface SessionInfo {
  /** 32 hexadecimal digits; the machine's own program bears the machine's id */
  id: string;
  machine: string;
  /** the machine's own program */
  main: boolean;
  argv: string[];
  tty: boolean;
  /** how many clients watch it */
  attached: number;
  /** Unix ms */
  started: number;
}

/** The one shape of an error on every transport. */
export interface ErrorBody {
  code: string;
  message: string;
  hint?: string;
  details?: Record<string, unknown>;
}

export interface VersionInfo {
  version: string;
  /** Node's version */
  runtime: string;
  pid: number;
  home: string;
  /** the service's program, and when that file was written, Unix ms */
  entry: string;
  builtAt: number;
}

export type DoctorStatus = 'ok' | 'warn' | 'fail';

export interface DoctorCheck {
  name: string;
  status: DoctorStatus;
  /** one sentence */
  found: string;
  /** the line that mends it */
  fix?: string;
}

export interface DoctorReport {
  checks: DoctorCheck[];
}

/** What a past run asked for, but its variables. */
export type PastRequest = Omit<RunRequest, 'id' | 'size' | 'env'>;

/** A past run as history keeps it: names of variables, never their values. */
export interface HistoryEntry {
  /** rises from run to run */
  id: number;
  at: number;
  /** id of its machine, null for a run before history had it */
  machine: string | null;
  image: string;
  /** what was executed, the image's entrypoint included */
  argv: string[];
  /** with `request`, all that running it again takes: `runCommandLine({ ...request, env: envNames })` */
  envNames: string[];
  request: PastRequest | null;
  /** null while it runs, and when it never did */
  exitCode: number | null;
  durationMs: number | null;
}

/** A run as history learns of it at its begin. */
export type NewHistoryEntry = Omit<HistoryEntry, 'id' | 'exitCode' | 'durationMs'>;

/** A terminal that a window shows: it lives in the service, whether a window looks at it or not. */
export interface Terminal {
  /** 32 hexadecimal digits */
  id: string;
  /** a program that ran before; a program started for it; a shell of the user on this host */
  kind: 'attach' | 'exec' | 'shell';
  title: string;
  /** null for a shell of this host */
  machine: string | null;
  /** its program in that machine */
  session: string | null;
  /** as it was asked for last */
  size: TerminalSize;
  /** Unix ms */
  opened: number;
  /** null while its program runs */
  ended: TerminalEnd | null;
}

export interface TerminalEnd {
  /** null when it is not known */
  code: number | null;
  /** why nothing more comes, when it is not the program's own end */
  reason: string | null;
}

export type OpenTerminal =
  /** a running program, by its session, or by its machine's name */
  | { kind: 'attach'; session: string; size: TerminalSize }
  /** a further program in a machine; without words the best shell that it has */
  | { kind: 'exec'; machine: string; command: string[]; size: TerminalSize }
  | { kind: 'shell'; size: TerminalSize };

/** `events`: one snapshot, then changes with rising revisions. */
export type ServiceEvent =
  | {
      type: 'snapshot';
      revision: number;
      /** of the service that tells it */
      version: VersionInfo;
      settings: Record<string, unknown>;
      machines: Machine[];
      images: Image[];
      terminals: Terminal[];
    }
  | { type: 'machine'; revision: number; machine: Machine }
  | { type: 'machine-removed'; revision: number; id: string }
  | { type: 'image'; revision: number; image: Image }
  | { type: 'image-removed'; revision: number; digest: string; reference: string | null }
  /** a run began, or ended */
  | { type: 'history'; revision: number; run: HistoryEntry }
  /** one was opened, or its program ended */
  | { type: 'terminal'; revision: number; terminal: Terminal }
  | { type: 'terminal-removed'; revision: number; id: string }
  | { type: 'settings'; revision: number; settings: Record<string, unknown> };
