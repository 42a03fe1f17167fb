/** The values of `run`'s options, as docker's hands write them. */
import { MvmError } from '../contract/errors.ts';
import type { HostEntry, TmpfsMount } from '../contract/types.ts';
import { listedLines, parseDuration, parseSize } from './arguments.ts';
import { readListed } from './read-listed.ts';

/** `NAME:ADDRESS` or, for IPv6's sake, `NAME=ADDRESS`. */
export function parseHost(text: string): HostEntry {
  const match = /^([^:=]+)[:=](.+)$/.exec(text);
  if (match) return { name: match[1] as string, address: (match[2] as string).replace(/^\[(.*)\]$/, '$1') };
  throw new MvmError('usage', `--add-host: '${text}' is not NAME:ADDRESS`);
}

export function parseTmpfs(text: string): TmpfsMount {
  const colon = text.indexOf(':');
  if (colon < 0) return { path: text, options: [] };
  return {
    path: text.slice(0, colon),
    options: text
      .slice(colon + 1)
      .split(',')
      .filter(Boolean),
  };
}

/** `type=tmpfs,destination=/x,tmpfs-size=64m`: the one kind that there is. */
export function parseMount(text: string): TmpfsMount {
  const fields = text.split(',').map((field) => divided(field, ''));
  const type = fields.find(([name]) => name === 'type')?.[1] ?? 'volume';
  if (type !== 'tmpfs')
    throw new MvmError('usage', `--mount: there is no type '${type}': folders cannot be shared yet`, {
      hint: 'mvm cp copies them in and out.',
    });
  const mount: TmpfsMount = { path: '', options: [] };
  for (const [name, value] of fields) {
    if (['destination', 'dst', 'target'].includes(name)) mount.path = value;
    else if (name === 'tmpfs-size') mount.options.push(`size=${parseSize(value, '--mount')}`);
    else if (name === 'tmpfs-mode') mount.options.push(`mode=${value}`);
    else if (name === 'readonly' || name === 'ro') mount.options.push(...(isOn(value) ? ['ro'] : []));
    else if (name !== 'type')
      throw new MvmError('usage', `--mount: a folder in memory has no '${name}'`, {
        hint: 'destination=, tmpfs-size=, tmpfs-mode= and readonly.',
      });
  }
  if (mount.path === '')
    throw new MvmError('usage', `--mount: '${text}' says no folder`, {
      hint: 'For example type=tmpfs,destination=/run.',
    });
  return mount;
}

const isOn = (value: string): boolean => !['false', '0'].includes(value);

/** `--label-file` and `--label`; the latter win, as docker has it. */
export function labels(values: { label: string[]; 'label-file': string[] }): Record<string, string> {
  const listed = values['label-file'].flatMap((path) => listedLines(readListed(path, '--label-file')));
  return Object.fromEntries([
    ...listed.map(({ line }) => parseLabel(line, '--label-file')),
    ...values.label.map((text) => parseLabel(text, '--label')),
  ]);
}

function parseLabel(text: string, option: string): [string, string] {
  const [name, value] = divided(text, '');
  if (name === '') throw new MvmError('usage', `${option}: '${text}' names no label`);
  return [name, value];
}

export function parseSysctl(text: string): [string, string] {
  const [name, value] = divided(text, null);
  if (name !== '' && value !== null) return [name, value];
  throw new MvmError('usage', `--sysctl: '${text}' is not NAME=VALUE`, { hint: 'For example net.ipv4.ip_forward=1.' });
}

/** At the first `=`. */
function divided<None>(text: string, none: None): [string, string | None] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, none] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** As coreutils' timeout has it, 0 means none. */
export function parseTimeout(text: string | null): number | null {
  const ms = text === null ? 0 : parseDuration(text, '--timeout');
  if (ms > LONGEST) throw new MvmError('usage', '--timeout: that is too long', { hint: 'At most 24 days, 576h.' });
  return ms === 0 ? null : ms;
}

/** What a timer can hold, ms. */
const LONGEST = 2 ** 31 - 1;

/** As with `stop`, an hour at most. */
export function parseStopTimeout(text: string | null): number | null {
  const ms = text === null ? null : parseDuration(text, '--stop-timeout');
  if (ms === null || ms <= 3_600_000) return ms;
  throw new MvmError('usage', '--stop-timeout: that is too long', { hint: 'At most an hour, 1h.' });
}
