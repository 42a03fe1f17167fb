/** The agent's control messages; what comes from a guest is checked as it enters. */
import { MvmError } from '../contract/errors.ts';
import { printable } from '../contract/printable.ts';
import type { TerminalSize } from '../contract/types.ts';

/** Version of the protocol that this host speaks. */
export const PROTOCOL = 1;

/** Makes a machine of a guest: all that differs between machines. */
export interface Become {
  machineId: string;
  hostname: string;
  time: { sec: number; nsec: number };
  /** at least 32 bytes, hexadecimal */
  entropy: string;
  network: { address: string; gateway: string; dns: string[] } | null;
  /** device of the image's EROFS */
  image: string;
  /** device of the ext4 that takes the machine's writes, and whether it outlives the machine */
  upper: { device: string; keep: boolean };
  /** share of vCPU time in thousandths, null for all of it */
  cpuMillis: number | null;
}

/** A program to run. */
export interface GuestExec {
  session: string;
  /** the machine's own: it is process 1, and the machine's other programs end with it */
  main: boolean;
  argv: string[];
  env: string[];
  cwd: string;
  user: string;
  tty: boolean;
  stdin: boolean;
  size: TerminalSize | null;
}

export interface GuestExit {
  code: number;
  signal: string | null;
}

/** A program as the guest knows it when a host connects. */
export interface GuestProcessState {
  id: string;
  number: number;
  pid: number;
  main: boolean;
  stdin: { received: number; consumed: number } | null;
}

export interface Guest {
  bootId: string;
  machineId: string | null;
  processes: GuestProcessState[];
}

export type Message = Record<string, unknown>;

/** Null when it is none: the guest is not trusted to speak the protocol. */
export function parseMessage(payload: Buffer): Message | null {
  try {
    const message: unknown = JSON.parse(payload.toString('utf8'));
    return typeof message === 'object' && message !== null && !Array.isArray(message) ? (message as Message) : null;
  } catch {
    // Not JSON: the caller drops it, as it drops every frame that makes no sense.
    return null;
  }
}

export function readGuest(message: Message): Guest {
  const version = count(message.version);
  if (version !== PROTOCOL)
    throw new MvmError('agent.version', `the guest's agent speaks protocol ${version}, this mvm ${PROTOCOL}`);
  const { processes, machineId } = message;
  return {
    bootId: text(message.bootId),
    machineId: machineId === null ? null : text(machineId),
    processes: list(processes).map(readProcess),
  };
}

function readProcess(value: unknown): GuestProcessState {
  const { id, number, pid, main, stdin } = object(value);
  const input = stdin === null ? null : object(stdin);
  return {
    id: text(id),
    number: count(number),
    pid: count(pid),
    main: main === true,
    stdin: input && { received: count(input.received), consumed: count(input.consumed) },
  };
}

export function readExit(value: unknown): GuestExit {
  const { code, signal } = object(value);
  const number = count(code);
  if (number > 255) throw nonsense('exit code');
  return { code: number, signal: signal === null ? null : text(signal) };
}

/** What the guest says went wrong, fit for a terminal. */
export function readError(value: unknown): MvmError {
  const { code, message } = object(value);
  return new MvmError(/^[a-z]+(\.[a-z-]+)+$/.test(text(code)) ? text(code) : 'agent.failed', text(message));
}

export function count(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw nonsense('number');
}

export function text(value: unknown): string {
  if (typeof value === 'string' && value.length <= 65_536) return printable(value);
  throw nonsense('text');
}

function object(value: unknown): Message {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Message;
  throw nonsense('object');
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value) && value.length <= 1024) return value;
  throw nonsense('list');
}

const nonsense = (what: string): MvmError =>
  new MvmError('agent.garbled', `the guest's agent sent a ${what} that makes no sense`);
