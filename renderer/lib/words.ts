/** Figures and states in words, in the units of the command line. */
import type { Machine, MachineState } from '../../vmm/contract/types.ts';

export interface Quantity {
  value: string;
  unit: string;
}

/** Three digits at most, so that a column of them reads evenly. */
export function quantity(bytes: number): Quantity {
  let value = bytes;
  let index = 0;
  while (Math.round(value) >= 1000 && index < UNITS.length - 1) {
    value /= 1024;
    index++;
  }
  return { value: threeDigits(value, index > 0), unit: UNITS[index] ?? '' };
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export const size = (bytes: number): string => join(quantity(bytes));

const join = ({ value, unit }: Quantity): string => `${value} ${unit}`;

function threeDigits(value: number, fraction: boolean): string {
  if (!fraction || value >= 100) return String(Math.round(value));
  return value >= 10 ? trim(value.toFixed(1)) : trim(value.toFixed(2));
}

const trim = (text: string): string => text.replace(/\.?0+$/, '');

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span in its largest unit: `3 min`. */
export function span(ms: number): string {
  if (ms < 10 * SECOND) return 'now';
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** `3 min ago`, or `just now`. */
export function ago(ms: number): string {
  const text = span(ms);
  return text === 'now' ? 'just now' : `${text} ago`;
}

/** A measured time, with one decimal while that says something. */
export function milliseconds(ms: number): Quantity {
  if (ms >= 10_000) return { value: (ms / SECOND).toFixed(1), unit: 's' };
  return { value: ms >= 100 ? String(Math.round(ms)) : ms.toFixed(1), unit: 'ms' };
}

export const clockTime = (at: number): string => new Date(at).toLocaleTimeString();

export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

export const shortId = (id: string): string => id.slice(0, 12);

/** One word: what a screen reader says of the shape before a row. */
export function stateWord(state: MachineState): string {
  switch (state.name) {
    case 'created':
      return 'Created';
    case 'starting':
      return 'Starting';
    case 'running':
      return 'Running';
    case 'paused':
      return 'Paused';
    case 'stopping':
      return 'Stopping';
    case 'stopped':
      return 'Stopped';
    case 'failed':
      return 'Failed';
    default:
      return state satisfies never;
  }
}

/** What stands at the end of a row that has no live figures. */
export function stateNote(state: MachineState): string {
  switch (state.name) {
    case 'created':
      return 'Not started yet';
    case 'starting':
      return STEPS[state.step];
    case 'running':
      return '';
    case 'paused':
      return state.where === 'disk' ? 'Paused on disk' : 'Paused';
    case 'stopping':
      return 'Stopping';
    case 'stopped':
      return state.exit.signal ?? `Exit ${state.exit.code}`;
    case 'failed':
      return FAILURES[state.error.code] ?? 'Failed';
    default:
      return state satisfies never;
  }
}

const STEPS = {
  image: 'Image',
  disk: 'Disk',
  engine: 'Engine',
  kernel: 'Kernel',
  agent: 'Agent',
  program: 'Program',
};

const FAILURES: Record<string, string> = {
  'guest.panicked': 'Panicked',
  'engine.gone': 'Engine ended',
  'agent.silent': 'Agent silent',
  'machine.lost': 'Lost',
};

/** When the state began, as far as the service says. */
export function stateSince({ state, created }: Machine): number {
  switch (state.name) {
    case 'created':
    case 'starting':
      return created;
    case 'running':
    case 'paused':
    case 'stopping':
      return state.since;
    case 'stopped':
      return state.exit.at;
    case 'failed':
      return state.at;
    default:
      return state satisfies never;
  }
}
