import { randomBytes } from 'node:crypto';
import { call } from '../../client/connect.ts';
import { MvmError } from '../../contract/errors.ts';
import { parsePublish } from '../../contract/ports.ts';
import type { RunRequest } from '../../contract/types.ts';
import { parseUlimit, ULIMITS } from '../../contract/ulimits.ts';
import { parseNumber, parseSize, type Values } from '../arguments.ts';
import { ANY, type Context, defineCommand } from '../command.ts';
import type { Begun } from '../converse.ts';
import { openIdFile } from '../id-file.ts';
import { environment, programOptions, runProgram } from '../run-program.ts';
import {
  labels,
  parseHost,
  parseMount,
  parseStopTimeout,
  parseSysctl,
  parseTimeout,
  parseTmpfs,
} from '../run-values.ts';
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
    otherwise: 'Either none or user, which leads out through this host; -p leads in.',
    help: "Network: none, or through the host's own (default user)",
  },
  publish: {
    kind: 'list',
    short: 'p',
    value: '[ADDRESS:][PORT:]PORT[/udp]',
    help: "Lead a port of this host to one of the guest's; without the first port, any free one",
  },
  'publish-all': {
    kind: 'flag',
    short: 'P',
    help: 'Lead a free port of this host to each that the image or --expose names',
  },
  expose: { kind: 'list', value: 'PORT[/udp]', help: 'Name one more port or range for --publish-all' },
  hostname: { kind: 'text', short: 'h', value: 'NAME', help: 'What the guest is called (default: its id)' },
  'add-host': { kind: 'list', value: 'NAME:ADDRESS', help: "A further line of the guest's /etc/hosts" },
  dns: { kind: 'list', value: 'ADDRESS', help: "Ask this name server instead of the host's own" },
  'dns-search': { kind: 'list', value: 'DOMAIN', help: 'Look for short names in this domain; . is none' },
  'dns-option': { kind: 'list', also: 'dns-opt', value: 'OPTION', help: "An option of the guest's resolv.conf" },
  'read-only': { kind: 'flag', help: 'Mount the root read-only' },
  tmpfs: { kind: 'list', value: 'FOLDER[:OPTIONS]', help: "A folder in the guest's memory, such as /run:size=64m" },
  mount: {
    kind: 'list',
    value: 'type=tmpfs,destination=FOLDER[,tmpfs-size=SIZE][,tmpfs-mode=MODE]',
    completes: ['type=tmpfs,destination='],
    help: "What --tmpfs does, in docker's other words",
  },
  'shm-size': { kind: 'text', value: 'SIZE', help: 'What /dev/shm holds (default: half of the memory)' },
  'group-add': { kind: 'list', value: 'GROUP', help: 'A further group of the user, by name or number' },
  sysctl: { kind: 'list', value: 'NAME=VALUE', help: "A setting of the guest's kernel, such as net.ipv4.ip_forward=1" },
  ulimit: {
    kind: 'list',
    value: 'NAME=SOFT[:HARD]',
    completes: ULIMITS.map((name) => `${name}=`),
    help: 'Limit what programs may take, such as nofile=1024:4096; -1 is no limit',
  },
  label: { kind: 'list', short: 'l', value: 'NAME[=VALUE]', help: 'Label the machine, for ps --filter' },
  'label-file': {
    kind: 'list',
    value: 'FILE',
    completes: 'files',
    help: 'Label with what this file lists, one a line',
  },
  cidfile: {
    kind: 'text',
    value: 'FILE',
    completes: 'files',
    help: "Write the machine's id to this file, which must not exist",
  },
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
    const { json, timing, 'detach-keys': keys, cidfile } = values;
    const { id: session, tty, stdin, detach } = request;
    const asked = { stream: 'run', input: {}, first: { type: 'run', request }, session, tty, stdin, detach } as const;
    const idFile = cidfile === null ? null : openIdFile(cidfile);
    try {
      const onBegun = ({ machine }: Begun) => void (machine && idFile?.write(machine));
      return await runProgram(context, asked, { timing, json, keys, onBegun });
    } catch (error) {
      if (idFile && session !== null && (await isKept(context, session))) idFile.write(session);
      throw error;
    } finally {
      idFile?.end();
    }
  },
});

/** A machine with a name stays although its program did not start: whoever asked for its id shall find it. */
async function isKept(context: Context, machine: string): Promise<boolean> {
  // Where nobody can tell, the failure of the run itself says why.
  const found = await call(context.service, 'machine', { machine }).catch(() => null);
  return found !== null && !found.spec.ephemeral;
}

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
    expose: values.expose,
    publishAll: values['publish-all'],
    timeoutMs: parseTimeout(values.timeout),
    init: values.init,
    stopSignal: values['stop-signal'],
    stopGraceMs: parseStopTimeout(values['stop-timeout']),
    hostname: values.hostname,
    extraHosts: values['add-host'].map(parseHost),
    dns: { servers: values.dns, search: values['dns-search'], options: values['dns-option'] },
    readOnly: values['read-only'],
    tmpfs: [...values.tmpfs.map(parseTmpfs), ...values.mount.map(parseMount)],
    shmBytes: values['shm-size'] === null ? null : parseSize(values['shm-size'], '--shm-size'),
    ulimits: values.ulimit.map(parseUlimit),
    groups: values['group-add'],
    sysctls: Object.fromEntries(values.sysctl.map(parseSysctl)),
    labels: labels(values),
  };
}
