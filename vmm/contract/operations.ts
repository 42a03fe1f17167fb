/**
 * Everything that can be asked of the service, in one table. Server routes, the client's methods and the bridge to
 * the window all derive from it. A call is one HTTP request with JSON both ways; a stream is one WebSocket.
 */
import { MvmError } from './errors.ts';
import type { FolderListing } from './files.ts';
import type {
  CreateRequest,
  DoctorReport,
  GuestProcessInfo,
  HistoryEntry,
  Image,
  Machine,
  MachineEnd,
  MachineStats,
  OpenTerminal,
  OutputText,
  SessionInfo,
  Terminal,
  VersionInfo,
} from './types.ts';

export interface Call<Input, Output> {
  kind: 'call';
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `{name}` stands for the input's field of that name; other fields go into the query (GET, DELETE) or the body */
  path: string;
  summary: string;
  /** never present: carries the types */
  types?: [Input, Output];
}

/** A WebSocket with frames of contract/stream.ts, or with one JSON message a frame of type text. */
export interface Stream<Input> {
  kind: 'stream';
  path: string;
  summary: string;
  types?: [Input];
}

const call = <Input, Output>(
  method: Call<Input, Output>['method'],
  path: string,
  summary: string,
): Call<Input, Output> => ({
  kind: 'call',
  method,
  path,
  summary,
});
const stream = <Input>(path: string, summary: string): Stream<Input> => ({ kind: 'stream', path, summary });

type Nothing = Record<string, never>;
type ByMachine = { machine: string };

export const operations = {
  openapi: call<Nothing, Record<string, unknown>>('GET', '/v1/openapi.json', 'This API, described by OpenAPI'),
  version: call<Nothing, VersionInfo>('GET', '/v1/version', 'The running service'),
  doctor: call<Nothing, DoctorReport>('GET', '/v1/doctor', 'What is well and what is wrong on this host'),
  machines: call<Nothing, { machines: Machine[] }>('GET', '/v1/machines', 'All machines, newest first'),
  create: call<CreateRequest, Machine>(
    'POST',
    '/v1/machines',
    'Make a machine and start it; answers when its program runs',
  ),
  machine: call<ByMachine, Machine>('GET', '/v1/machines/{machine}', 'One machine, by name or start of its id'),
  start: call<ByMachine, Machine>('POST', '/v1/machines/{machine}/start', 'Start a kept machine again'),
  restart: call<ByMachine & { graceMs?: number }, Machine>(
    'POST',
    '/v1/machines/{machine}/restart',
    'Stop a kept machine and start it again',
  ),
  wait: call<ByMachine, MachineEnd>('GET', '/v1/machines/{machine}/wait', 'Answers when its program has ended'),
  pause: call<ByMachine, Machine>('POST', '/v1/machines/{machine}/pause', 'Let a guest stand still, in memory'),
  resume: call<ByMachine, Machine>('POST', '/v1/machines/{machine}/resume', 'Let a paused guest go on'),
  rename: call<ByMachine & { name: string }, Machine>(
    'POST',
    '/v1/machines/{machine}/rename',
    'Give a machine another name',
  ),
  stats: call<{ machine?: string }, { machines: MachineStats[] }>(
    'GET',
    '/v1/stats',
    'What machines take of this host: one, or all that run',
  ),
  stop: call<ByMachine & { graceMs?: number }, Machine>(
    'POST',
    '/v1/machines/{machine}/stop',
    'Ask its program to end, then end it',
  ),
  kill: call<ByMachine & { signal?: string }, Machine>(
    'POST',
    '/v1/machines/{machine}/kill',
    'Send its program a signal',
  ),
  remove: call<ByMachine & { force?: boolean }, Machine>(
    'DELETE',
    '/v1/machines/{machine}',
    'Remove a machine and its disk',
  ),
  ping: call<ByMachine & { count?: number }, { ms: number[] }>(
    'POST',
    '/v1/machines/{machine}/ping',
    'Round trips to the agent',
  ),
  top: call<ByMachine, { processes: GuestProcessInfo[] }>(
    'GET',
    '/v1/machines/{machine}/top',
    'The processes of a running machine',
  ),
  files: call<ByMachine & { path: string; after?: string }, FolderListing>(
    'GET',
    '/v1/machines/{machine}/files',
    'A folder of a running machine; `copyOut` has what is in its files',
  ),
  sessions: call<{ machine?: string }, { sessions: SessionInfo[] }>(
    'GET',
    '/v1/sessions',
    'Programs that run, in one machine or in all',
  ),
  output: call<ByMachine & { tail?: number }, OutputText>(
    'GET',
    '/v1/machines/{machine}/output',
    'The end of what its program printed; the stream `logs` has all of it',
  ),
  terminals: call<Nothing, { terminals: Terminal[] }>('GET', '/v1/terminals', 'The terminals of windows, oldest first'),
  openTerminal: call<OpenTerminal, Terminal>('POST', '/v1/terminals', 'Open a terminal, for windows to show'),
  closeTerminal: call<{ terminal: string }, Terminal>(
    'DELETE',
    '/v1/terminals/{terminal}',
    'Close a terminal: a program that was started for it is hung up on',
  ),
  images: call<Nothing, { images: Image[] }>('GET', '/v1/images', 'All images'),
  removeImage: call<{ image: string }, Image>('DELETE', '/v1/images/{image}', 'Remove an image and its disk'),
  settings: call<Nothing, Record<string, unknown>>('GET', '/v1/settings', 'The settings'),
  changeSetting: call<{ name: string; value: unknown }, Record<string, unknown>>(
    'PUT',
    '/v1/settings/{name}',
    'Change one setting',
  ),
  history: call<{ limit?: number }, { runs: HistoryEntry[] }>('GET', '/v1/history', 'Past runs, newest first'),
  openPage: call<Nothing, { address: string }>(
    'POST',
    '/v1/page',
    "Serve the window's page on a loopback port; the address opens it once, within a minute",
  ),
  closePage: call<Nothing, { wasOpen: boolean }>(
    'DELETE',
    '/v1/page',
    'Close that port; pages that are open there are cut off',
  ),
  shutdown: call<{ process?: number; successor?: string }, { machines: number }>(
    'POST',
    '/v1/shutdown',
    'End the service; guests run on. With the pid of the one that is meant, only if nothing is lost by it; `successor` is the program that serves next',
  ),

  run: stream<Nothing>('/v1/run', 'Make a machine and run its program'),
  startAttached: stream<ByMachine>(
    '/v1/machines/{machine}/start',
    'Start a kept machine that does not run, and have its program as with run',
  ),
  exec: stream<ByMachine>('/v1/machines/{machine}/exec', 'Run a further program in a machine'),
  attach: stream<{ session: string }>(
    '/v1/sessions/{session}/attach',
    'Watch a running program: by its session, or by its machine; what it printed before comes first',
  ),
  terminal: stream<{ terminal: string }>(
    '/v1/terminals/{terminal}',
    'What a terminal shows and what is typed into it, as with attach',
  ),
  session: stream<{ session: string }>('/v1/sessions/{session}', 'Go on with the streams of a program'),
  copyOut: stream<ByMachine>('/v1/machines/{machine}/copy-out', 'Files of a running machine, as a tar on stdout'),
  copyIn: stream<ByMachine>('/v1/machines/{machine}/copy-in', 'Files into a running machine, as a tar on stdin'),
  /**
   * `tail`: so many lines, the last of those printed from `since` `until`; `times`: with 'written' before each piece;
   * `stdout`, `stderr`: positions of the recording from which on it is wanted, to go on after a broken connection
   */
  logs: stream<
    ByMachine & {
      follow?: boolean;
      tail?: number;
      since?: number;
      until?: number;
      times?: boolean;
      stdout?: number;
      stderr?: number;
    }
  >('/v1/machines/{machine}/logs', 'What its program printed'),
  console: stream<ByMachine & { follow?: boolean }>('/v1/machines/{machine}/console', 'What kernel and agent printed'),
  importImage: stream<{ path: string; reference?: string }>(
    '/v1/images/import',
    'Import an OCI layout folder, oci-archive or docker-archive from a path of this host, with progress',
  ),
  events: stream<Nothing>('/v1/events', 'A snapshot, then every change, as JSON text'),
} as const;

export type Operations = typeof operations;
export type CallName = {
  [Name in keyof Operations]: Operations[Name] extends { kind: 'call' } ? Name : never;
}[keyof Operations];
export type StreamName = Exclude<keyof Operations, CallName>;
export type InputOf<Name extends keyof Operations> = NonNullable<Operations[Name]['types']>[0];
export type OutputOf<Name extends CallName> = NonNullable<Operations[Name]['types']>[1];

/** Splits `/v1/machines/{machine}` into its parts; a part that is a parameter has its name. */
export function pathParts(path: string): ({ literal: string } | { parameter: string })[] {
  return path
    .split('/')
    .slice(1)
    .map((part) => (part.startsWith('{') ? { parameter: part.slice(1, -1) } : { literal: part }));
}

/** The address of an operation: parameters filled in, the rest of the input returned. */
export function addressOf(
  path: string,
  input: Record<string, unknown>,
): { path: string; rest: Record<string, unknown> } {
  const rest = { ...input };
  const filled = pathParts(path).map((part) => {
    if ('literal' in part) return part.literal;
    delete rest[part.parameter];
    const name = String(input[part.parameter]);
    // In an address they are folders, however they are written.
    if (name === '.' || name === '..') throw new MvmError('request.invalid', `'${name}' names nothing`);
    return encodeURIComponent(name);
  });
  return { path: `/${filled.join('/')}`, rest };
}
