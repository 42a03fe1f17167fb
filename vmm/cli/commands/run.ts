import { randomBytes } from 'node:crypto';
import { MvmError } from '../../contract/errors.ts';
import { parsePublish } from '../../contract/ports.ts';
import type { RunRequest } from '../../contract/types.ts';
import { parseUlimit, ULIMITS } from '../../contract/ulimits.ts';
import { parseDuration, parseNumber, parseSize, type Values } from '../arguments.ts';
import { ANY, type Context, defineCommand } from '../command.ts';
import { environment, programOptions, runProgram } from '../run-program.ts';
import { terminalSize } from '../tty.ts';
import { SIGNALS } from './kill.ts';

const options = {
  ...programOptions,
  name: { kind: 'text', value: 'NAME', help: 'Name the machine, and keep it when its program ends' },
  rm: { kind: 'flag', help: 'Remove the machine when its program ends, even if named or detached' },
  pull: {
    kind: 'text',
    choices: ['missing', 'never'],
    otherwise: 'Nothing is pulled yet: mvm images import takes what docker save or skopeo wrote.',
    help: 'Accepted, for nothing is pulled yet: images are imported',
  },
  platform: { kind: 'text', value: 'OS/ARCH', help: 'Refuse an image for another platform, such as linux/arm64' },
  entrypoint: { kind: 'text', value: 'PROGRAM', help: "Run this instead of the image's entrypoint" },
  cpus: { kind: 'text', value: 'N', help: 'vCPUs, or a part of one such as 0.5 (default 1)' },
  memory: { kind: 'text', short: 'm', value: 'SIZE', help: 'Memory of the guest (default 512m)' },
  net: {
    kind: 'text',
    also: 'network',
    choices: ['none', 'user'],
    otherwise: 'user leads out through this host and -p leads in; none is none.',
    help: "Network: none, or through the host's own (default user)",
  },
  publish: {
    kind: 'list',
    short: 'p',
    value: '[ADDRESS:][PORT:]PORT[/udp]',
    help: "Lead a port of this host to one of the guest's; without the first port, any free one",
  },
  hostname: { kind: 'text', short: 'h', value: 'NAME', help: 'What the guest is called (default: its id)' },
  'add-host': { kind: 'list', value: 'NAME:ADDRESS', help: "A further line of the guest's /etc/hosts" },
  'read-only': { kind: 'flag', help: 'Mount the root read-only' },
  tmpfs: { kind: 'list', value: 'FOLDER[:OPTIONS]', help: "A folder in the guest's memory, such as /run:size=64m" },
  ulimit: {
    kind: 'list',
    value: 'NAME=SOFT[:HARD]',
    completes: ULIMITS.map((name) => `${name}=`),
    help: 'Limit what programs may take, such as nofile=1024:4096; -1 is no limit',
  },
  label: { kind: 'list', short: 'l', value: 'NAME[=VALUE]', help: 'Label the machine, for ps --filter' },
  restart: {
    kind: 'text',
    choices: ['no'],
    otherwise: 'No machine starts again by itself: -d keeps it, mvm start and mvm restart run it again.',
    help: 'Accepted, for no machine starts again by itself',
  },
  timeout: { kind: 'text', value: 'TIME', help: 'End the program after this time, with exit code 124' },
  init: {
    kind: 'flag',
    help: 'Run an init as PID 1, which passes signals on and reaps what is orphaned; else the program is PID 1',
  },
  'stop-signal': {
    kind: 'text',
    value: 'SIGNAL',
    completes: SIGNALS,
    help: 'What mvm stop sends, by name or number (default: what the image says, else TERM)',
  },
  'stop-timeout': {
    kind: 'text',
    value: 'TIME',
    help: 'How long mvm stop and restart wait before they kill, unless they say themselves (default 10s)',
  },
  json: { kind: 'flag', help: 'Print what --timing or --detach says as JSON' },
} as const;

export const run = defineCommand({
  name: 'run',
  summary: 'Boot a machine from an image and run a program in it',
  words: 'IMAGE [COMMAND [ARG...]]',
  count: { least: 1, most: ANY },
  endAtFirstWord: true,
  options,
  notes: [
    'Three things differ from docker run. A run leaves nothing behind unless -d or --name asks to keep the machine (--rm is accepted, and wins). Options end at IMAGE; one -- right after it is dropped. And a published port is for this host alone (127.0.0.1) until another address is named, as in -p 0.0.0.0:8080:80.',
    'With -it, ctrl-p ctrl-q leaves the program running: an ephemeral machine goes when its program ends, or at mvm stop. mvm attach comes back to it.',
    "Exit code: the program's; 124 after --timeout, 125 when mvm failed, 126 when the program cannot be executed, 127 when it is not found. A second ctrl-C kills the program.",
  ],
  examples: ['run linux -- uname -a', 'run -it linux sh', 'run -d --name web -p 8080:80 linux httpd -f'],
  async handle(context, values, words) {
    const request = toRequest(context, values, words);
    const { json, timing, 'detach-keys': keys } = values;
    const { id: session, tty, stdin, detach } = request;
    const asked = { stream: 'run', input: {}, first: { type: 'run', request }, session, tty, stdin, detach } as const;
    return runProgram(context, asked, { timing, json, keys });
  },
});

export function toRequest(context: Context, values: Values<typeof options>, [image, ...command]: string[]): RunRequest {
  if (values.detach && values.timing) throw new MvmError('usage', '--timing needs a program to wait for, not --detach');
  return {
    id: randomBytes(16).toString('hex'),
    image: image ?? '',
    name: values.name,
    command,
    entrypoint: values.entrypoint,
    env: environment(values, context.env),
    cwd: values.workdir,
    user: values.user,
    tty: values.tty,
    stdin: values.interactive,
    size: values.tty ? terminalSize(context.stdout) : null,
    detach: values.detach,
    remove: values.rm,
    platform: values.platform,
    cpus: values.cpus === null ? null : parseNumber(values.cpus, '--cpus'),
    memoryBytes: values.memory === null ? null : parseSize(values.memory, '--memory'),
    network: values.net as RunRequest['network'],
    ports: values.publish.flatMap(parsePublish),
    timeoutMs: timeout(values.timeout),
    init: values.init,
    stopSignal: values['stop-signal'],
    stopGraceMs: values['stop-timeout'] === null ? null : parseDuration(values['stop-timeout'], '--stop-timeout'),
    hostname: values.hostname,
    extraHosts: values['add-host'].map(hostEntry),
    readOnly: values['read-only'],
    tmpfs: values.tmpfs.map(tmpfs),
    ulimits: values.ulimit.map(parseUlimit),
    labels: Object.fromEntries(values.label.map(label)),
  };
}

/** `NAME:ADDRESS` or, for IPv6's sake, `NAME=ADDRESS`. */
function hostEntry(text: string): RunRequest['extraHosts'][number] {
  const match = /^([^:=]+)[:=](.+)$/.exec(text);
  if (match) return { name: match[1] as string, address: (match[2] as string).replace(/^\[(.*)\]$/, '$1') };
  throw new MvmError('usage', `--add-host: '${text}' is not NAME:ADDRESS`);
}

function tmpfs(text: string): RunRequest['tmpfs'][number] {
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

function label(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (text === '' || equals === 0) throw new MvmError('usage', `--label: '${text}' names no label`);
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** As coreutils' timeout has it, 0 means none. */
function timeout(text: string | null): number | null {
  const ms = text === null ? 0 : parseDuration(text, '--timeout');
  if (ms > LONGEST) throw new MvmError('usage', '--timeout: that is too long', { hint: 'At most 24 days, 576h.' });
  return ms === 0 ? null : ms;
}

/** What a timer can hold, ms. */
const LONGEST = 2 ** 31 - 1;
