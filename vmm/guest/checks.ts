/** The guest is not trusted: what it says is looked at here, and believed afterwards. */
import { MvmError } from '../contract/errors.ts';
import type { FileKind, FolderEntry, FolderListing } from '../contract/files.ts';
import { printable } from '../contract/printable.ts';
import type { Frame } from './frames.ts';
import type { Guest, GuestExit, GuestProcessRow, GuestProcessState, GuestStats } from './messages.ts';

export type Fields = Record<string, unknown>;

const LONGEST_NAME = 64;
const LONGEST_MESSAGE = 1000;
const MOST_PROCESSES = 1024;
const LONGEST_COMMAND = 4096;
const MOST_ENTRIES = 1024;
/** Linux's own limit of a path, and so of a link's target; a name is shorter. */
const LONGEST_PATH = 4096;
/** What a Date can be, ms from 1970 both ways. */
const FARTHEST = 8.64e15;

/** The message in a control frame, or null when it is none. */
export function readMessage({ text }: Extract<Frame, { kind: 'control' }>): Fields | null {
  try {
    return fieldsOf(JSON.parse(text.toString()));
  } catch {
    // Not JSON: a broken agent, which a deadline will tell.
    return null;
  }
}

export function readGuest(hello: Fields): Guest {
  return {
    version: count(hello.version),
    capabilities: list(hello.capabilities, LONGEST_NAME).map(name),
    bootId: name(hello.bootId),
    machineId: hello.machineId === null ? null : name(hello.machineId),
    processes: list(hello.processes, MOST_PROCESSES).map(readProcess),
  };
}

function readProcess(value: unknown): GuestProcessState {
  const process = object(value);
  return {
    id: name(process.id),
    number: count(process.number),
    pid: count(process.pid),
    main: process.main === true,
    tty: process.tty === true,
    exit: process.exit === null ? null : readExit(process.exit),
    stdin: process.stdin === null ? null : readStdin(object(process.stdin)),
    stdout: readOutput(object(process.stdout)),
    stderr: readOutput(object(process.stderr)),
  };
}

function readStdin(stdin: Fields) {
  return { received: count(stdin.received), consumed: count(stdin.consumed), ended: stdin.ended === true };
}

function readOutput(output: Fields) {
  return { acked: count(output.acked), produced: count(output.produced), ended: output.ended === true };
}

export function readExit(value: unknown): GuestExit {
  const exit = object(value);
  return {
    code: count(exit.code) & 0xff,
    signal: exit.signal === null ? null : name(exit.signal),
    userUs: count(exit.userUs),
    systemUs: count(exit.systemUs),
    maxRssBytes: count(exit.maxRssBytes),
  };
}

export function readStarted(reply: Fields): { number: number; pid: number } {
  return { number: count(reply.number), pid: count(reply.pid) };
}

export function readStats(reply: Fields): GuestStats {
  const memory = object(reply.memory);
  return {
    memory: {
      total: count(memory.total),
      free: count(memory.free),
      shared: count(memory.shared),
      buffers: count(memory.buffers),
    },
    loadMillis: list(reply.loadMillis, 3).map(count),
    processes: count(reply.processes),
    uptimeSeconds: count(reply.uptimeSeconds),
  };
}

export function readTop(reply: Fields): { processes: GuestProcessRow[]; next: number | null } {
  return {
    processes: list(reply.processes, MOST_PROCESSES).map(readProcessRow),
    next: reply.next === null ? null : count(reply.next),
  };
}

function readProcessRow(value: unknown): GuestProcessRow {
  const row = object(value);
  const text = (field: unknown): string =>
    typeof field === 'string' ? printable(field.slice(0, LONGEST_COMMAND)) : broken('no text');
  const tty = text(row.tty);
  return {
    user: text(row.user),
    uid: count(row.uid),
    pid: count(row.pid),
    ppid: count(row.ppid),
    // A guest may have set its clock to before 1970.
    started: Math.max(0, Number(row.started) || 0),
    ageMs: Math.max(0, Number(row.ageMs) || 0),
    cpuMs: count(row.cpuMs),
    tty: tty === '?' ? null : tty,
    command: text(row.command),
  };
}

export function readListing(reply: Fields): FolderListing {
  return {
    entries: list(reply.entries, MOST_ENTRIES).map(readEntry),
    total: count(reply.total),
    next: reply.next === null ? null : hex(reply.next),
  };
}

function readEntry(value: unknown): FolderEntry {
  const entry = object(value);
  return {
    name: fileName(entry.name),
    nameBytes: entry.nameBytes === undefined ? null : hex(entry.nameBytes),
    kind: kind(entry.kind),
    size: count(entry.size),
    mode: count(entry.mode) & 0o7777,
    uid: count(entry.uid),
    gid: count(entry.gid),
    modified: time(entry.modified),
    target: entry.target === undefined ? null : pathText(entry.target),
    leadsTo: entry.leadsTo === undefined ? null : kind(entry.leadsTo),
  };
}

const KINDS: readonly FileKind[] = ['file', 'folder', 'link', 'device', 'socket', 'fifo'];

const kind = (value: unknown): FileKind => KINDS.find((each) => each === value) ?? broken('no kind of file');

/** One part of a path and nothing that leads elsewhere, for it becomes part of the next request's path. */
function fileName(value: unknown): string {
  const text = pathText(value);
  return text !== '' && text !== '.' && text !== '..' && !text.includes('/') ? text : broken('no name of a file');
}

/** As it is: whoever shows it knows what it is shown on. */
const pathText = (value: unknown): string =>
  typeof value === 'string' && value.length <= LONGEST_PATH && value.isWellFormed() && !value.includes('\0')
    ? value
    : broken('no path');

const hex = (value: unknown): string =>
  typeof value === 'string' && value.length <= 2 * LONGEST_PATH && /^([0-9a-f]{2})+$/.test(value)
    ? value
    : broken('no bytes');

const time = (value: unknown): number =>
  Number.isSafeInteger(value) && Math.abs(value as number) <= FARTHEST ? (value as number) : broken('no time');

export function readText(reply: Fields): string {
  return typeof reply.text === 'string' ? printable(reply.text) : broken('no text');
}

/** The error in a reply, safe to print. */
export function readError(value: unknown): MvmError {
  const error = object(value);
  const message = typeof error.message === 'string' ? error.message.slice(0, LONGEST_MESSAGE) : '';
  return new MvmError(code(error.code), printable(message));
}

const code = (value: unknown): string =>
  typeof value === 'string' && /^[a-z][a-z.-]{0,40}$/.test(value) ? value : 'agent.failed';

function name(value: unknown): string {
  const valid = typeof value === 'string' && value.length <= LONGEST_NAME && /^[\x20-\x7e]*$/.test(value);
  return valid ? value : broken('no name');
}

const count = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : broken('no count');

const list = (value: unknown, most: number): unknown[] =>
  Array.isArray(value) && value.length <= most ? value : broken('no list');

const object = (value: unknown): Fields => fieldsOf(value) ?? broken('no object');

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;

function broken(what: string): never {
  throw new MvmError('agent.broken', `the guest's agent answered something else than it should: ${what}`);
}
