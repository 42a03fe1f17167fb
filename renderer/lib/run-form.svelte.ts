import type { RunDraft } from '../../vmm/contract/bridge.ts';
import { type RunWish, runArguments, shellQuoted } from '../../vmm/contract/command-line.ts';
import { parsePublish, publishText } from '../../vmm/contract/ports.ts';
import { completeRun } from '../../vmm/contract/run-defaults.ts';
import type { HostEntry, NetworkMode, PortSpec, RunRequest, TmpfsMount } from '../../vmm/contract/types.ts';
import { toErrorBody } from './errors.ts';
import { splitWords } from './shell-words.ts';

export interface Pair {
  key: number;
  left: string;
  right: string;
}

let lastKey = 0;
export const pair = (left = '', right = ''): Pair => ({ key: ++lastKey, left, right });

const MIB = 1024 * 1024;

/** The Run sheet's fields, as they are typed; what they come to is the request, and the line that asks for the same. */
export class RunForm {
  image = $state('');
  name = $state('');
  command = $state('');
  end: 'remove' | 'keep' = $state('remove');
  show: 'terminal' | 'logs' = $state('terminal');
  network: NetworkMode = $state('user');
  readonly #defaultNetwork: NetworkMode;
  /** what the sheet has no field for stays as it was asked for */
  readonly #draft: Partial<RunDraft>;
  readonly #asBegun: string;
  env: Pair[] = $state([pair()]);
  /** here to guest */
  ports: Pair[] = $state([pair()]);
  cpus = $state('');
  memoryMiB = $state('');
  cwd = $state('');
  user = $state('');
  hostname = $state('');
  timeoutSeconds = $state('');
  changesEntrypoint = $state(false);
  entrypoint = $state('');
  readOnly = $state(false);
  labels: Pair[] = $state([pair()]);
  hosts: Pair[] = $state([pair()]);
  tmpfs: Pair[] = $state([pair()]);

  constructor(draft: Partial<RunDraft>, defaultNetwork: NetworkMode) {
    this.#defaultNetwork = defaultNetwork;
    this.#draft = draft;
    this.image = draft.image ?? '';
    this.name = draft.name ?? '';
    this.command = (draft.command ?? []).map(shellQuoted).join(' ');
    if (draft.tty === false) this.show = 'logs';
    if (draft.remove === false && (draft.name || draft.detach)) this.end = 'keep';
    this.network = draft.network ?? defaultNetwork;
    this.cpus = draft.cpus?.toString() ?? '';
    this.memoryMiB = draft.memoryBytes ? String(draft.memoryBytes / MIB) : '';
    this.cwd = draft.cwd ?? '';
    this.user = draft.user ?? '';
    this.hostname = draft.hostname ?? '';
    this.timeoutSeconds = draft.timeoutMs ? String(draft.timeoutMs / 1000) : '';
    this.changesEntrypoint = typeof draft.entrypoint === 'string';
    this.entrypoint = draft.entrypoint ?? '';
    this.readOnly = draft.readOnly ?? false;
    this.env = pairs((draft.env ?? []).map((each) => cut(each, '=')));
    this.ports = pairs((draft.ports ?? []).map(portPair));
    this.labels = pairs(Object.entries(draft.labels ?? {}));
    this.hosts = pairs((draft.extraHosts ?? []).map(({ name, address }) => [name, address]));
    this.tmpfs = pairs((draft.tmpfs ?? []).map(({ path, options }) => [path, options.join(',')]));
    this.#asBegun = JSON.stringify(this.wish);
  }

  /** Somebody has filled something in. */
  get isChanged(): boolean {
    return JSON.stringify(this.wish) !== this.#asBegun;
  }

  /** What is filled in that the closed part of the sheet holds. */
  readonly hasMore: boolean = $derived.by(
    () =>
      [this.cwd, this.user, this.hostname].some(Boolean) ||
      this.changesEntrypoint ||
      this.readOnly ||
      [this.labels, this.hosts, this.tmpfs].some((each) => filled(each).length > 0),
  );

  get #wrongPort(): string | null {
    for (const text of this.#portTexts) {
      const { problem } = readPort(text);
      if (problem) return `${problem}.`;
    }
    return null;
  }

  /** The first thing that stands in the way, for a person; null when the service may be asked. */
  readonly problem: string | null = $derived.by(() => {
    if (this.image.trim() === '') return 'An image is needed.';
    if (splitWords(this.command).open) return 'A quote in the command is not closed.';
    if (this.cpus !== '' && !(Number(this.cpus) > 0)) return 'CPUs are a number, such as 2 or 0.5.';
    if (this.memoryMiB !== '' && !(Number(this.memoryMiB) > 0)) return 'Memory is a number of MiB.';
    if (this.timeoutSeconds !== '' && !(Number(this.timeoutSeconds) > 0))
      return 'The time limit is a number of seconds.';
    return this.#wrongPort;
  });

  /** The same on the command line, where a terminal is had by waiting for the program, and not by `-d`. */
  readonly wish: RunWish = $derived.by(() => {
    const { id: _id, size: _size, ...request } = this.request('');
    const detach = this.show === 'logs' || (this.end === 'keep' && request.name === null);
    return { ...request, detach, remove: request.remove && (detach || request.name !== null) };
  });

  readonly #portTexts: readonly string[] = $derived(
    this.ports
      .filter(({ right }) => right.trim() !== '')
      .map(({ left, right }) => (left.trim() === '' ? right.trim() : `${left.trim()}:${right.trim()}`)),
  );

  readonly words: readonly string[] = $derived(
    ['mvm', ...runArguments({ ...this.wish, image: this.wish.image || 'IMAGE' })].map(shellQuoted),
  );

  /** The window is no terminal: the machine is started detached, and its terminal is attached to. */
  request(id: string): RunRequest {
    const interactive = this.show === 'terminal';
    return {
      ...completeRun({ image: '', command: [], ...this.#draft }),
      id,
      image: this.image.trim(),
      name: this.name.trim() || null,
      command: splitWords(this.command).words,
      entrypoint: this.changesEntrypoint ? this.entrypoint : null,
      env: filled(this.env).map(({ left, right }) => `${left.trim()}=${right}`),
      cwd: this.cwd.trim() || null,
      user: this.user.trim() || null,
      tty: interactive,
      stdin: interactive,
      size: interactive ? { columns: 80, rows: 24 } : null,
      detach: true,
      remove: this.end === 'remove',
      cpus: this.cpus === '' ? null : Number(this.cpus),
      memoryBytes: this.memoryMiB === '' ? null : Math.round(Number(this.memoryMiB) * MIB),
      network: this.network === this.#defaultNetwork ? null : this.network,
      ports: this.#portTexts.flatMap((text) => readPort(text).ports),
      timeoutMs: this.timeoutSeconds === '' ? null : Math.round(Number(this.timeoutSeconds) * 1000),
      hostname: this.hostname.trim() || null,
      extraHosts: filled(this.hosts).map(
        ({ left, right }): HostEntry => ({ name: left.trim(), address: right.trim() }),
      ),
      readOnly: this.readOnly,
      // A mark within the left half ends it, as it would on the command line.
      tmpfs: filled(this.tmpfs).map(({ left, right }): TmpfsMount => {
        const [path, options] = cut(`${left.trim()}:${right}`, ':');
        return {
          path,
          options: options
            .split(',')
            .map((each) => each.trim())
            .filter(Boolean),
        };
      }),
      labels: Object.fromEntries(filled(this.labels).map(({ left, right }) => cut(`${left.trim()}=${right}`, '='))),
    };
  }
}

/** Refused ones are left out: the sheet says so before it asks for anything. */
function readPort(text: string): { ports: PortSpec[]; problem: string | null } {
  try {
    return { ports: parsePublish(text), problem: null };
  } catch (error) {
    return { ports: [], problem: toErrorBody(error).message.replace('--publish: ', 'Port ') };
  }
}

function portPair(port: PortSpec): [string, string] {
  const text = publishText(port);
  const at = text.lastIndexOf(':');
  return at < 0 ? ['', text] : [text.slice(0, at), text.slice(at + 1)];
}

const filled = (all: readonly Pair[]): Pair[] => all.filter(({ left }) => left.trim() !== '');

const pairs = (all: readonly (readonly [string, string])[]): Pair[] =>
  all.length > 0 ? all.map(([left, right]) => pair(left, right)) : [pair()];

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
