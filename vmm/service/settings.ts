/** The settings: what each is, what it may be, and what it is when nobody set it. */
import { z } from 'zod';
import { MvmError } from '../contract/errors.ts';
import { nearest } from '../contract/nearest.ts';
import { DEFAULTS } from '../machine/spec.ts';

const word = z.string().max(4096);
const CPUS = 'more than 0 and at most 32';
const MEMORY = '64 MiB or more';

const settings = {
  /** vCPUs of a machine when a run does not say */
  cpus: z.number(CPUS).positive(CPUS).max(32, CPUS).default(DEFAULTS.cpus),
  /** bytes of memory of a machine when a run does not say */
  memoryBytes: z
    .int(MEMORY)
    .min(64 * 1024 * 1024, MEMORY)
    .default(DEFAULTS.memoryBytes),
  network: z.enum(['none', 'user']).default(DEFAULTS.network),
  /** how long the service stays without machines and clients, ms */
  idleMs: z.int().min(100).max(86_400_000).default(60_000),
  /** how long the door for browsers stays open with no page there, ms */
  pageIdleMs: z.int().min(100).max(86_400_000).default(600_000),
  /** the longest a guest may take from its start to the agent's answer, ms */
  startDeadlineMs: z.int().min(100).max(600_000).default(30_000),
  /** how long a program waits for a client that went away, ms; then an ephemeral machine ends */
  clientGraceMs: z.int().min(100).max(600_000).default(10_000),
  /** references of images that the tray has at hand */
  pinnedImages: z.array(word.min(1)).max(20).default([]),
  /** command lines that the tray has at hand */
  pinnedCommands: z
    .array(z.strictObject({ image: word.min(1), command: z.array(word).max(64) }))
    .max(20)
    .default([]),
  /** the first start was shown, or left */
  welcomed: z.boolean().default(false),
  /** rows of the windows' lists */
  density: z.enum(['comfortable', 'compact']).default('comfortable'),
  /** the windows' terminals: as the theme, or always dark */
  terminalColours: z.enum(['theme', 'dark']).default('theme'),
};

type Settings = { [Name in keyof typeof settings]: z.infer<(typeof settings)[Name]> };

export interface SettingStore {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
}

/** A value that an older mvm stored and this one does not take counts as not set. */
export function readSetting<Name extends keyof Settings>(store: SettingStore, name: Name): Settings[Name] {
  const stored = settings[name].safeParse(store.get(name));
  return (stored.success ? stored.data : settings[name].parse(undefined)) as Settings[Name];
}

export function readSettings(store: SettingStore): Record<string, unknown> {
  const names = Object.keys(settings) as (keyof Settings)[];
  return Object.fromEntries(names.map((name) => [name, readSetting(store, name)]));
}

/** @throws MvmError `settings.unknown`, `settings.invalid` */
export function changeSetting(store: SettingStore, name: string, value: unknown): void {
  if (!Object.hasOwn(settings, name)) {
    const meant = nearest(name, Object.keys(settings));
    throw new MvmError(
      'settings.unknown',
      `there is no setting '${name}'`,
      meant ? { hint: `Did you mean '${meant}'?` } : {},
    );
  }
  const checked = settings[name as keyof Settings].safeParse(value);
  if (!checked.success)
    throw new MvmError('settings.invalid', `${name}: ${checked.error.issues[0]?.message ?? 'that value does not fit'}`);
  store.set(name, checked.data);
}
