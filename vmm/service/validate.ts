/** Foreign input, checked as it enters: one schema for each operation and control message. */
import { z } from 'zod';
import { MvmError } from '../contract/errors.ts';
import type { CallName, InputOf, StreamName } from '../contract/operations.ts';
import type { ClientControl } from '../contract/stream.ts';
import { STDERR, STDOUT } from '../contract/stream.ts';

const reference = z.string().min(1).max(4096);
const noNul = z
  .string()
  .max(131_072)
  .regex(/^[^\0]*$/, 'holds a NUL byte');
const words = z.array(noNul).max(65_536);
const id = z.string().regex(/^[0-9a-f]{32}$/, 'is not 32 hexadecimal digits');
const size = z.strictObject({ columns: z.int().min(1).max(65_535), rows: z.int().min(1).max(65_535) });
const port = z.strictObject({
  protocol: z.enum(['tcp', 'udp']),
  hostAddress: z.union([z.ipv4(), z.ipv6()], 'is no IPv4 or IPv6 address'),
  hostPort: z.int().min(0).max(65_535),
  guestPort: z.int().min(1).max(65_535),
});
const domains = z.array(noNul.max(256)).max(32).default([]);
const NO_DNS = { servers: [], search: [], options: [] };
const amount = z.int().min(-1);
const ulimit = z.strictObject({ name: z.string().max(16), soft: amount, hard: amount });
const env = z.array(noNul.regex(/^[^=]+=/, 'is not NAME=value')).max(65_536);
/** An hour. */
const LONGEST_GRACE_MS = 3_600_000;
/** Query strings carry text alone. */
export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);
const count = z.coerce.number().int().min(0);
const byMachine = { machine: reference };
const graceMs = count.max(LONGEST_GRACE_MS);
const nothing = z.strictObject({});
const path = noNul.min(1);

/** Docker's meaning of what is left out. */
const program = {
  id: id.nullable().default(null),
  env: env.default([]),
  cwd: noNul.nullable().default(null),
  user: noNul.nullable().default(null),
  tty: z.boolean().default(false),
  stdin: z.boolean().default(false),
  size: size.nullable().default(null),
};

const machine = {
  ...program,
  image: reference,
  command: words.default([]),
  name: z.string().nullable().default(null),
  entrypoint: noNul.nullable().default(null),
  remove: z.boolean().default(false),
  platform: noNul.nullable().default(null),
  cpus: z.number().nullable().default(null),
  memoryBytes: z.int().nullable().default(null),
  network: z.enum(['none', 'user']).nullable().default(null),
  ports: z.array(port).default([]),
  expose: z.array(noNul.max(32)).max(1_000).default([]),
  publishAll: z.boolean().default(false),
  timeoutMs: z.number().min(0).max(2_147_483_647).nullable().default(null),
  hostname: z.string().nullable().default(null),
  extraHosts: z
    .array(z.strictObject({ name: noNul, address: noNul }))
    .max(1_000)
    .default([]),
  readOnly: z.boolean().default(false),
  tmpfs: z
    .array(z.strictObject({ path: noNul, options: z.array(noNul).max(32) }))
    .max(100)
    .default([]),
  shmBytes: z.int().min(0).nullable().default(null),
  groups: z.array(noNul.max(256)).max(1_000).default([]),
  dns: z.strictObject({ servers: domains, search: domains, options: domains }).default(NO_DNS),
  sysctls: z.record(noNul.max(256), noNul.max(4_096)).default({}),
  ulimits: z.array(ulimit).max(100).default([]),
  labels: z.record(noNul, noNul).default({}),
  init: z.boolean().default(false),
  stopSignal: z.string().max(32).nullable().default(null),
  stopGraceMs: z.int().min(0).max(LONGEST_GRACE_MS).nullable().default(null),
};

const detach = z.boolean().default(false);
const runRequest = z.strictObject({ ...machine, detach }).meta({ id: 'RunRequest' });
const execRequest = z.strictObject({ ...program, command: words, detach }).meta({ id: 'ExecRequest' });

export const calls = {
  openapi: nothing,
  version: nothing,
  doctor: nothing,
  machines: nothing,
  create: z.strictObject(machine),
  machine: z.strictObject(byMachine),
  start: z.strictObject(byMachine),
  restart: z.strictObject({ ...byMachine, graceMs: graceMs.optional() }),
  wait: z.strictObject(byMachine),
  pause: z.strictObject(byMachine),
  resume: z.strictObject(byMachine),
  rename: z.strictObject({ ...byMachine, name: z.string() }),
  stats: z.strictObject({ machine: reference.optional() }),
  stop: z.strictObject({ ...byMachine, graceMs: graceMs.optional() }),
  kill: z.strictObject({ ...byMachine, signal: z.string().max(32).optional() }),
  remove: z.strictObject({ ...byMachine, force: flag.optional() }),
  ping: z.strictObject({ ...byMachine, count: count.min(1).max(10_000).optional() }),
  top: z.strictObject(byMachine),
  files: z.strictObject({ ...byMachine, path: path.max(4_096), after: z.hex().max(8_192).optional() }),
  sessions: z.strictObject({ machine: reference.optional() }),
  output: z.strictObject({ ...byMachine, tail: count.optional() }),
  terminals: nothing,
  openTerminal: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('attach'), session: reference, size }),
    z.strictObject({ kind: z.literal('exec'), ...byMachine, command: words, size }),
    z.strictObject({ kind: z.literal('shell'), size }),
  ]),
  closeTerminal: z.strictObject({ terminal: id }),
  images: nothing,
  removeImage: z.strictObject({ image: reference }),
  settings: nothing,
  changeSetting: z.strictObject({ name: reference, value: z.unknown() }),
  history: z.strictObject({ limit: count.min(1).max(1_000).optional() }),
  openPage: nothing,
  closePage: nothing,
  shutdown: z.strictObject({ process: z.int().optional(), successor: noNul.optional() }),
} satisfies { [Name in CallName]: z.ZodType<InputOf<Name>> };

/** An input as it is when it was checked: what was left out is filled in. */
export type Checked<Name extends CallName> = z.output<(typeof calls)[Name]>;

export const streams: { [Name in StreamName]: z.ZodType<InputOf<Name>> } = {
  run: nothing,
  startAttached: z.strictObject(byMachine),
  exec: z.strictObject(byMachine),
  copyOut: z.strictObject(byMachine),
  copyIn: z.strictObject(byMachine),
  attach: z.strictObject({ session: reference }),
  terminal: z.strictObject({ terminal: id }),
  session: z.strictObject({ session: id }),
  logs: z.strictObject({
    ...byMachine,
    follow: flag.optional(),
    tail: count.optional(),
    since: count.optional(),
    until: count.optional(),
    times: flag.optional(),
    stdout: count.optional(),
    stderr: count.optional(),
  }),
  console: z.strictObject({ ...byMachine, follow: flag.optional() }),
  importImage: z.strictObject({ path: reference, reference: reference.optional() }),
  events: nothing,
};

const positions = { stdout: z.int().min(0), stderr: z.int().min(0) };

export const clientControl: z.ZodType<ClientControl> = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('run'), request: runRequest }),
    z.strictObject({ type: z.literal('exec'), request: execRequest }),
    z.strictObject({ type: z.literal('start'), size: size.nullable() }),
    z.strictObject({
      type: z.literal('copy-out'),
      request: z.strictObject({ id: id.nullable(), path, follow: z.boolean() }),
    }),
    z.strictObject({
      type: z.literal('copy-in'),
      request: z.strictObject({ id: id.nullable(), path, into: z.boolean(), owners: z.boolean() }),
    }),
    z.strictObject({ type: z.literal('resume'), ...positions }),
    z.strictObject({
      type: z.literal('attach'),
      from: z.strictObject(positions).nullable(),
      tail: z.int().min(0),
      stdin: z.boolean(),
      size: size.nullable(),
    }),
    z.strictObject({ type: z.literal('detach') }),
    z.strictObject({
      type: z.literal('credit'),
      channel: z.union([z.literal(STDOUT), z.literal(STDERR)]),
      bytes: z.int().min(0),
    }),
    z.strictObject({ type: z.literal('signal'), signal: z.string().max(32) }),
    z.strictObject({ type: z.literal('resize'), size }),
  ])
  .meta({ id: 'ClientControl' });

export const checkCall = <Name extends CallName>(name: Name, input: unknown): Checked<Name> =>
  check(calls[name] as unknown as z.ZodType<Checked<Name>>, input);

export const checkStream = <Name extends StreamName>(name: Name, input: unknown): InputOf<Name> =>
  check(streams[name] as z.ZodType<InputOf<Name>>, input);

export const checkControl = (message: unknown): ClientControl => check(clientControl, message);

/** @throws MvmError `request.invalid` naming the field */
function check<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw new MvmError('request.invalid', `${where || 'the request'}: ${issue?.message ?? 'is malformed'}`, {
    details: {
      issues: result.error.issues.slice(0, 10).map(({ path, message }) => ({ path: path.join('.'), message })),
    },
  });
}
