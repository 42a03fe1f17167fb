/** The contract's types as schemas, for the API's description; the compiler keeps the two the same. */
import { z } from 'zod';
import type * as files from '../contract/files.ts';
import { type Attached, type ServiceControl, STDERR, STDIN, STDOUT } from '../contract/stream.ts';
import type * as types from '../contract/types.ts';

/** True for the same type alone, not for a wider or a narrower one. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `shape<Type>('Type')(schema)` compiles when the schema's type is exactly that one. */
const shape =
  <Type>(id: string) =>
  <Schema extends z.ZodType>(schema: Same<z.output<Schema>, Type> extends true ? Schema : never): Schema =>
    (schema as Schema).meta({ id });

const text = z.string();
const texts = z.array(text);
const labels = z.record(text, text);
const count = z.int().min(0);
const bytes = count.describe('bytes');
const at = z.number().describe('Unix time, ms');
const amount = z.int().min(-1).describe('-1 is unlimited');
const ms = z.number().min(0).describe('ms');
const size = z.object({ columns: count, rows: count });

export const errorBody = shape<types.ErrorBody>('ErrorBody')(
  z.object({
    code: text.describe('for programs, such as machine.not-found'),
    message: text.describe('for people: what went wrong'),
    hint: text.optional().describe('for people: what next'),
    details: z.record(text, z.unknown()).optional(),
  }),
);

export const versionInfo = shape<types.VersionInfo>('VersionInfo')(
  z.object({ version: text, runtime: text, pid: count, home: text, entry: text, builtAt: at }),
);

const doctorCheck = shape<types.DoctorCheck>('DoctorCheck')(
  z.object({ name: text, status: z.enum(['ok', 'warn', 'fail']), found: text, fix: text.optional() }),
);
export const doctorReport = shape<types.DoctorReport>('DoctorReport')(z.object({ checks: z.array(doctorCheck) }));

const portSpec = shape<types.PortSpec>('Port')(
  z.object({
    protocol: z.enum(['tcp', 'udp']),
    hostAddress: text.describe('IPv4 or IPv6'),
    hostPort: count.max(65_535),
    guestPort: z.int().min(1).max(65_535),
  }),
);

const hostEntry = shape<types.HostEntry>('HostEntry')(z.object({ name: text, address: text }));
const tmpfsMount = shape<types.TmpfsMount>('TmpfsMount')(z.object({ path: text, options: texts }));
const network = z.enum(['none', 'user']);

const ulimit = shape<types.Ulimit>('Ulimit')(z.object({ name: text, soft: amount, hard: amount }));

const dnsSpec = shape<types.DnsSpec>('Dns')(z.object({ servers: texts, search: texts, options: texts }));
const sysctls = z.record(text, text);

const processSpec = shape<types.ProcessSpec>('ProcessSpec')(
  z.object({
    argv: texts,
    env: texts,
    cwd: text,
    user: text,
    tty: z.boolean(),
    stdin: z.boolean(),
    size: size.nullable(),
    ulimits: z.array(ulimit),
    groups: texts,
  }),
);

const machineSpec = shape<types.MachineSpec>('MachineSpec')(
  z.object({
    image: text,
    imageDigest: text,
    vcpus: count,
    cpuMillis: count.nullable().describe('share of vCPU time in thousandths, when less than all'),
    memoryBytes: bytes,
    network,
    ports: z.array(portSpec),
    hostname: text,
    extraHosts: z.array(hostEntry),
    readOnlyRoot: z.boolean(),
    tmpfs: z.array(tmpfsMount),
    shmBytes: bytes.nullable().describe('bytes; null for half of the memory'),
    dns: dnsSpec,
    sysctls,
    labels,
    process: processSpec,
    ephemeral: z.boolean().describe('it goes when its program ends'),
    timeoutMs: ms.nullable(),
    init: z.boolean(),
    stopSignal: text,
    stopGraceMs: ms.nullable().describe('ms; null for the usual 10 s'),
  }),
);

const programExit = shape<types.ProgramExit>('ProgramExit')(z.object({ code: z.int(), signal: text.nullable(), at }));

const machineState = shape<types.MachineState>('MachineState')(
  z.discriminatedUnion('name', [
    z.object({ name: z.literal('created') }),
    z.object({
      name: z.literal('starting'),
      step: z.enum(['image', 'disk', 'engine', 'kernel', 'agent', 'program']),
    }),
    z.object({ name: z.literal('running'), since: at }),
    z.object({ name: z.literal('paused'), since: at, where: z.enum(['memory', 'disk']) }),
    z.object({ name: z.literal('stopping'), since: at }),
    z.object({ name: z.literal('stopped'), exit: programExit }),
    z.object({ name: z.literal('failed'), error: errorBody, at }),
  ]),
);

const timeline = shape<types.Timeline>('Timeline')(
  z.object({
    requestedAt: at,
    engineStarted: ms.optional(),
    kernelEntered: ms.optional(),
    agentReady: ms.optional(),
    programStarted: ms.optional(),
    firstByte: ms.optional(),
    exited: ms.optional(),
  }),
);

export const machine = shape<types.Machine>('Machine')(
  z.object({
    id: text,
    name: text,
    spec: machineSpec,
    state: machineState,
    created: at,
    revision: count.describe('grows with every change of any machine'),
    timeline,
    ports: z.array(portSpec),
  }),
);

export const machineEnd = shape<types.MachineEnd>('MachineEnd')(
  z.object({ exit: programExit.nullable(), error: errorBody.nullable() }),
);

export const machineStats = shape<types.MachineStats>('MachineStats')(
  z.object({
    machine: text,
    name: text,
    at,
    cpuMs: ms.nullable(),
    memoryBytes: bytes.nullable(),
    memoryLimitBytes: bytes,
    diskBytes: bytes.nullable(),
    guest: z.object({ usedBytes: bytes, processes: count }).nullable(),
  }),
);

export const guestProcess = shape<types.GuestProcessInfo>('GuestProcess')(
  z.object({
    user: text,
    uid: count,
    pid: count,
    ppid: count,
    cpuPercent: z.number(),
    started: at,
    tty: text.nullable(),
    cpuMs: ms,
    command: text,
  }),
);

const fileKind = z.enum(['file', 'folder', 'link', 'device', 'socket', 'fifo']);

const folderEntry = shape<files.FolderEntry>('FolderEntry')(
  z.object({
    name: text.describe('without a slash; bytes that are no UTF-8 are U+FFFD'),
    nameBytes: text.nullable().describe('such a name in hexadecimal; null for all others'),
    kind: fileKind,
    size: bytes,
    mode: count.max(0o7777).describe('permissions, set-id and sticky'),
    uid: count,
    gid: count,
    modified: at,
    target: text.nullable().describe('of a link, as it is written there'),
    leadsTo: fileKind.nullable().describe('what a link leads to; null when that is nothing'),
  }),
);

export const folderListing = shape<files.FolderListing>('FolderListing')(
  z.object({
    entries: z.array(folderEntry).describe("at most 2,000, in the order of their names' bytes"),
    total: count.describe('how many the folder has in all'),
    next: text.nullable().describe("'after' for those behind these; null when there are none"),
  }),
);

export const sessionInfo = shape<types.SessionInfo>('Session')(
  z.object({
    id: text,
    machine: text,
    main: z.boolean(),
    argv: texts,
    tty: z.boolean(),
    attached: count,
    started: at,
  }),
);

export const outputText = shape<types.OutputText>('OutputText')(
  z.object({ stdout: text, stderr: text, cut: z.boolean().describe('there was more before it') }),
);

const imageConfig = shape<types.ImageConfig>('ImageConfig')(
  z.object({
    entrypoint: texts,
    cmd: texts,
    env: texts,
    workingDir: text,
    user: text,
    labels,
    exposedPorts: texts,
    stopSignal: text.nullable(),
  }),
);

export const image = shape<types.Image>('Image')(
  z.object({
    reference: text.nullable(),
    digest: text,
    platform: z.object({ os: text, architecture: text }),
    config: imageConfig,
    bytes,
    diskBytes: bytes.nullable().describe('bytes; null until the first run made the disk'),
    created: at,
    builtin: z.boolean(),
  }),
);

const pastRequest = shape<types.PastRequest>('PastRequest')(
  z.object({
    image: text,
    name: text.nullable(),
    command: texts,
    entrypoint: text.nullable(),
    cwd: text.nullable(),
    user: text.nullable(),
    tty: z.boolean(),
    stdin: z.boolean(),
    detach: z.boolean(),
    remove: z.boolean(),
    platform: text.nullable(),
    cpus: z.number().nullable(),
    memoryBytes: bytes.nullable(),
    network: network.nullable(),
    ports: z.array(portSpec),
    expose: texts,
    publishAll: z.boolean(),
    timeoutMs: ms.nullable(),
    init: z.boolean(),
    stopSignal: text.nullable(),
    stopGraceMs: ms.nullable(),
    hostname: text.nullable(),
    extraHosts: z.array(hostEntry),
    readOnly: z.boolean(),
    tmpfs: z.array(tmpfsMount),
    shmBytes: bytes.nullable(),
    groups: texts,
    dns: dnsSpec,
    sysctls,
    ulimits: z.array(ulimit),
    labels,
  }),
);

export const historyEntry = shape<types.HistoryEntry>('HistoryEntry')(
  z.object({
    id: count,
    at,
    machine: text.nullable(),
    image: text,
    argv: texts,
    envNames: texts,
    request: pastRequest.nullable(),
    exitCode: z.int().nullable(),
    durationMs: ms.nullable(),
  }),
);

const attached = shape<Attached>('Attached')(
  z.object({
    type: z.literal('attached'),
    machine: text.nullable(),
    name: text,
    session: text,
    main: z.boolean(),
    tty: z.boolean(),
    stdin: count.nullable(),
    stdout: count,
    stderr: count,
    recorded: z.object({ stdout: count, stderr: count }),
  }),
);

/** The service's half of a stream's control messages. */
export const serviceControl = shape<ServiceControl>('ServiceControl')(
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('progress'), step: text, done: count.optional(), total: count.optional() }),
    z.object({ type: z.literal('started'), machine: text, name: text, session: text }),
    z.object({ type: z.literal('resumed'), machine: text, name: text, session: text, stdin: count }),
    attached,
    z.object({ type: z.literal('skipped'), channel: z.union([z.literal(STDOUT), z.literal(STDERR)]), bytes }),
    z.object({ type: z.literal('recording'), stdout: count, stderr: count }),
    z.object({
      type: z.literal('written'),
      channel: z.union([z.literal(STDOUT), z.literal(STDERR)]),
      at,
      position: count,
    }),
    z.object({ type: z.literal('detached') }),
    z.object({ type: z.literal('credit'), channel: z.literal(STDIN), bytes, position: count.optional() }),
    z.object({ type: z.literal('exit'), exit: programExit, timeline }),
    z.object({ type: z.literal('imported'), images: z.array(image) }),
    z.object({ type: z.literal('error'), error: errorBody }),
  ]),
);

export const terminal = shape<types.Terminal>('Terminal')(
  z.object({
    id: text,
    kind: z.enum(['attach', 'exec', 'shell']),
    title: text,
    machine: text.nullable(),
    session: text.nullable(),
    size,
    opened: at,
    ended: z.object({ code: z.int().nullable(), reason: text.nullable() }).nullable(),
  }),
);

export const serviceEvent = shape<types.ServiceEvent>('ServiceEvent')(
  z.discriminatedUnion('type', [
    z.object({
      type: z.literal('snapshot'),
      revision: count,
      version: versionInfo,
      settings: z.record(text, z.unknown()),
      machines: z.array(machine),
      images: z.array(image),
      terminals: z.array(terminal),
    }),
    z.object({ type: z.literal('machine'), revision: count, machine }),
    z.object({ type: z.literal('machine-removed'), revision: count, id: text }),
    z.object({ type: z.literal('image'), revision: count, image }),
    z.object({ type: z.literal('image-removed'), revision: count, digest: text, reference: text.nullable() }),
    z.object({ type: z.literal('history'), revision: count, run: historyEntry }),
    z.object({ type: z.literal('terminal'), revision: count, terminal }),
    z.object({ type: z.literal('terminal-removed'), revision: count, id: text }),
    z.object({ type: z.literal('settings'), revision: count, settings: z.record(text, z.unknown()) }),
  ]),
);
