/** From what was asked and what the image says to what is run: docker's meaning of the shared flags. */
import { MvmError } from '../contract/errors.ts';
import { nearest } from '../contract/nearest.ts';
import type { CopyRequest } from '../contract/stream.ts';
import type {
  ExecRequest,
  Image,
  MachineSpec,
  NetworkMode,
  ProcessSpec,
  RunRequest,
  TmpfsMount,
  Ulimit,
} from '../contract/types.ts';
import { ULIMITS, ulimitText } from '../contract/ulimits.ts';
import { dnsFor, hostEntry, hostnameFor, portsFor } from './network-spec.ts';
import { knownSignal, signalName } from './signals.ts';

export interface Defaults {
  cpus: number;
  memoryBytes: number;
  network: NetworkMode;
}

/** What a machine gets when neither the user nor the settings say otherwise. */
export const DEFAULTS: Defaults = { cpus: 1, memoryBytes: 512 * 1024 * 1024, network: 'user' };

/** The kernel is built for this many (CONFIG_NR_CPUS). */
const MAX_VCPUS = 32;
/** Less than this and the kernel has no room for its own start. */
const MIN_MEMORY = 64 * 1024 * 1024;
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function specify(request: RunRequest, image: Image, id: string, defaults: Defaults): MachineSpec {
  checkPlatform(request, image);
  const cpus = request.cpus ?? defaults.cpus;
  const network = request.network ?? defaults.network;
  const hostname = request.hostname === null ? id.slice(0, 12) : hostnameFor(request.hostname);
  return {
    image: request.image,
    imageDigest: image.digest,
    vcpus: vcpusFor(cpus),
    cpuMillis: Number.isInteger(cpus) ? null : Math.round(cpus * 1000),
    memoryBytes: memoryFor(request.memoryBytes ?? defaults.memoryBytes),
    network,
    ports: portsFor(request, image, network),
    dns: dnsFor(request, network),
    hostname,
    extraHosts: request.extraHosts.map(hostEntry),
    readOnlyRoot: request.readOnly,
    tmpfs: request.tmpfs.map(tmpfsMount),
    shmBytes: request.shmBytes,
    sysctls: sysctlsFor(request),
    labels: { ...image.config.labels, ...request.labels },
    process: {
      argv: argvFor(request, image),
      env: environment(image.config.env, request.env, hostname),
      cwd: request.cwd ?? (image.config.workingDir || '/'),
      user: request.user ?? image.config.user,
      tty: request.tty,
      stdin: request.stdin,
      size: request.size,
      ulimits: request.ulimits.map(ulimitFor),
      groups: groupsFor(request),
    },
    ephemeral: request.remove || (!request.detach && request.name === null),
    timeoutMs: request.timeoutMs,
    init: request.init,
    stopSignal: stopSignalFor(request, image),
    stopGraceMs: request.stopGraceMs,
  };
}

/** A further program in a running machine: its variables and folder start from the machine's own, as docker exec's do. */
export function specifyExec(request: ExecRequest, machine: MachineSpec): ProcessSpec {
  return {
    argv: request.command,
    env: environment(machine.process.env, request.env, machine.hostname),
    cwd: request.cwd ?? machine.process.cwd,
    user: request.user ?? machine.process.user,
    tty: request.tty,
    stdin: request.stdin,
    size: request.size,
    ulimits: machine.process.ulimits,
    // Further ones belong to the user that the machine was asked for.
    groups: request.user === null ? machine.process.groups : [],
  };
}

/** A copy is a program of the agent's own: switches, then the path. */
export function specifyCopy(copy: CopyRequest): ProcessSpec & { builtin: true } {
  const { type, request } = copy;
  const switches = type === 'copy-out' ? { follow: request.follow } : { into: request.into, owners: request.owners };
  const given = Object.entries(switches).flatMap(([name, on]) => (on ? [name] : []));
  const argv = [type, ...given, request.path];
  return {
    builtin: true,
    argv,
    env: [],
    cwd: '',
    user: '',
    tty: false,
    stdin: type === 'copy-in',
    size: null,
    ulimits: [],
    groups: [],
  };
}

/** As docker has it, either part may stand alone. */
function checkPlatform({ image, platform }: RunRequest, { platform: { os, architecture } }: Image): void {
  if (platform === null) return;
  const words = platform
    .toLowerCase()
    .split('/')
    .map((word) => ALIASES[word] ?? word);
  const [first, second] = words;
  const fits = words.length === 1 ? first === os || first === architecture : first === os && second === architecture;
  if (fits) return;
  throw new MvmError('image.platform', `image ${image} is for ${os}/${architecture}, not for '${platform}'`, {
    hint: `This host runs ${os}/${architecture}. Leave out --platform, or import the image that was built for it.`,
  });
}

const ALIASES: Record<string, string> = { x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64' };

function argvFor(request: RunRequest, image: Image): string[] {
  const { entrypoint, cmd } = image.config;
  const overridden = request.entrypoint !== null;
  const first = overridden ? [request.entrypoint ?? ''].filter((word) => word !== '') : entrypoint;
  const rest = request.command.length > 0 || overridden ? request.command : cmd;
  const argv = [...first, ...rest];
  if (argv.length === 0)
    throw new MvmError('run.no-command', `image ${request.image} names no program to run`, {
      hint: `Say which: mvm run ${request.image} COMMAND`,
    });
  return argv;
}

/** Later ones win; the order of first appearance stays. */
function environment(base: string[], added: string[], hostname: string): string[] {
  const byName = new Map<string, string>();
  for (const pair of [DEFAULT_PATH, `HOSTNAME=${hostname}`, ...base, ...added]) byName.set(variableName(pair), pair);
  return [...byName.values()];
}

export const variableName = (pair: string): string => pair.split('=', 1)[0] ?? pair;

const TMPFS_OPTION =
  /^(rw|ro|exec|noexec|suid|nosuid|dev|nodev|noatime|(size|nr_inodes)=\d+[kmg]?%?|mode=[0-7]{1,4}|[ug]id=\d+)$/;

function tmpfsMount({ path, options }: TmpfsMount): TmpfsMount {
  if (!path.startsWith('/') || path.split('/').includes('..'))
    throw new MvmError('run.tmpfs', `--tmpfs: '${path}' is not an absolute folder`, {
      hint: 'For example --tmpfs /run:size=64m.',
    });
  const unknown = options.find((option) => !TMPFS_OPTION.test(option));
  if (unknown !== undefined)
    throw new MvmError('run.tmpfs', `--tmpfs ${path}: there is no option '${unknown}'`, {
      hint: 'size=, nr_inodes=, mode=, uid=, gid=, rw, ro, exec, noexec, suid, nosuid, dev, nodev.',
    });
  return { path, options };
}

/** The later of two for the same wins in the guest, as docker has it. */
function ulimitFor(limit: Ulimit): Ulimit {
  const { name, soft, hard } = limit;
  if (!(ULIMITS as readonly string[]).includes(name)) {
    const meant = nearest(name, ULIMITS);
    throw new MvmError('run.ulimit', `--ulimit: there is no limit '${name}'`, {
      hint: meant ? `Did you mean ${meant}?` : `There are ${ULIMITS.join(', ')}.`,
    });
  }
  if (hard !== UNLIMITED && (soft === UNLIMITED || soft > hard))
    throw new MvmError('run.ulimit', `--ulimit ${ulimitText(limit)}: the soft limit is above the hard one`, {
      hint: 'It is NAME=SOFT:HARD, as in nofile=1024:4096.',
    });
  return limit;
}

const UNLIMITED = -1;

/** The guest's /etc/group knows which there are. */
function groupsFor({ groups }: RunRequest): string[] {
  if (!groups.includes('')) return groups;
  throw new MvmError('run.group-add', "--group-add: '' names no group", {
    hint: 'A name or a number, such as audio or 29.',
  });
}

/** The guest's kernel knows which there are; a name is a path in its /proc/sys, with dots or slashes between. */
function sysctlsFor({ sysctls }: RunRequest): Record<string, string> {
  const wrong = Object.keys(sysctls).find((name) => !/^[\w@:*-]+([./][\w@:*-]+)+$/.test(name));
  if (wrong === undefined) return sysctls;
  throw new MvmError('run.sysctl', `--sysctl: '${wrong}' cannot be a setting's name`, {
    hint: 'For example net.ipv4.ip_forward=1.',
  });
}

/** What an image says that no guest knows is left as it is: its program is killed after the time that it has to end. */
function stopSignalFor({ stopSignal }: RunRequest, { config }: Image): string {
  if (stopSignal !== null) return signalName(stopSignal);
  return config.stopSignal === null ? 'SIGTERM' : (knownSignal(config.stopSignal) ?? config.stopSignal);
}

function vcpusFor(cpus: number): number {
  if (!(cpus > 0 && cpus <= MAX_VCPUS))
    throw new MvmError('run.cpus', `--cpus ${cpus} is out of range`, { hint: `Between 0.01 and ${MAX_VCPUS}.` });
  return Math.ceil(cpus);
}

function memoryFor(bytes: number): number {
  if (bytes < MIN_MEMORY)
    throw new MvmError('run.memory', `${Math.floor(bytes / 1024 / 1024)} MiB of memory is too little for a guest`, {
      hint: 'At least 64m.',
    });
  // QEMU wants whole pages; whole MiB keep plans readable.
  return Math.ceil(bytes / 1024 / 1024) * 1024 * 1024;
}
