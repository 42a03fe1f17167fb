/** A run as the command line that asks for it, quoted for a POSIX shell. */

import { publishText } from './ports.ts';
import type { RunRequest } from './types.ts';
import { ulimitText } from './ulimits.ts';

/** What a command line can say of a run: a variable without a value takes the one it has where the line is typed. */
export type RunWish = Omit<RunRequest, 'id' | 'size'>;

export const runCommandLine = (wish: RunWish): string => ['mvm', ...runArguments(wish)].map(shellQuoted).join(' ');

/** The words after `mvm`. */
export function runArguments(wish: RunWish): string[] {
  const { image, command } = wish;
  // The first -- after IMAGE is dropped, so one that is the program's own needs another before it.
  return ['run', ...optionWords(wish), image, ...(command[0] === '--' ? ['--'] : []), ...command];
}

type OptionField = Exclude<keyof RunWish, 'image' | 'command'>;

/** The words for each field, in the order in which people write them; one that has none here does not compile. */
const words: { [Field in OptionField]: (value: RunWish[Field], wish: RunWish) => string[] } = {
  detach: (on) => (on ? ['-d'] : []),
  remove: (on) => (on ? ['--rm'] : []),
  stdin: (on, { tty }) => (on ? [tty ? '-it' : '-i'] : []),
  tty: (on, { stdin }) => (on && !stdin ? ['-t'] : []),
  platform: (platform) => option('--platform', platform),
  name: (name) => option('--name', name),
  env: (pairs) => pairs.flatMap((pair) => ['-e', pair]),
  cwd: (folder) => option('-w', folder),
  user: (user) => option('-u', user),
  entrypoint: (program) => option('--entrypoint', program),
  cpus: (count) => option('--cpus', count),
  memoryBytes: (bytes) => option('-m', bytes === null ? null : sizeText(bytes)),
  network: (mode) => option('--net', mode),
  ports: (ports) => ports.flatMap((port) => ['-p', publishText(port)]),
  expose: (ports) => ports.flatMap((port) => ['--expose', port]),
  publishAll: (on) => (on ? ['-P'] : []),
  hostname: (name) => option('--hostname', name),
  extraHosts: (hosts) => hosts.flatMap(({ name, address }) => ['--add-host', `${name}=${address}`]),
  readOnly: (on) => (on ? ['--read-only'] : []),
  tmpfs: (mounts) =>
    mounts.flatMap(({ path, options }) => ['--tmpfs', [path, options.join(',')].filter(Boolean).join(':')]),
  shmBytes: (bytes) => option('--shm-size', bytes === null ? null : sizeText(bytes)),
  ulimits: (ulimits) => ulimits.flatMap((limit) => ['--ulimit', ulimitText(limit)]),
  groups: (groups) => groups.flatMap((group) => ['--group-add', group]),
  dns: ({ servers, search, options }) => [
    ...servers.flatMap((server) => ['--dns', server]),
    ...search.flatMap((domain) => ['--dns-search', domain]),
    ...options.flatMap((each) => ['--dns-option', each]),
  ],
  sysctls: (sysctls) => Object.entries(sysctls).flatMap(([name, value]) => ['--sysctl', `${name}=${value}`]),
  labels: (labels) =>
    Object.entries(labels).flatMap(([name, value]) => ['-l', value === '' ? name : `${name}=${value}`]),
  timeoutMs: (ms) => option('--timeout', ms === null ? null : durationText(ms)),
  init: (on) => (on ? ['--init'] : []),
  stopSignal: (signal) => option('--stop-signal', signal),
  stopGraceMs: (ms) => option('--stop-timeout', ms === null ? null : durationText(ms)),
};

const optionWords = (wish: RunWish): string[] =>
  (Object.keys(words) as OptionField[]).flatMap((field) => wordsOf(field, wish));

const wordsOf = <Field extends OptionField>(field: Field, wish: RunWish): string[] => words[field](wish[field], wish);

const option = (name: string, value: string | number | null): string[] => (value === null ? [] : [name, String(value)]);

/** In the largest unit that says it exactly. */
function sizeText(bytes: number): string {
  const power = [4, 3, 2, 1].find((each) => bytes > 0 && bytes % 1024 ** each === 0);
  return power === undefined ? String(bytes) : `${bytes / 1024 ** power}${'bkmgt'[power]}`;
}

function durationText(ms: number): string {
  const unit = ([3_600_000, 60_000, 1000] as const).find((each) => ms > 0 && ms % each === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit}${{ 3600000: 'h', 60000: 'm', 1000: 's' }[unit]}`;
}

/** As it is when a shell takes it literally, else within single quotes. */
export function shellQuoted(word: string): string {
  return /^[\w@%+:,./-][\w@%+:,./=-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
