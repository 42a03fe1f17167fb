import type { Bridge, OpenStream } from '../../vmm/contract/bridge.ts';
import type { CallName, InputOf, OutputOf } from '../../vmm/contract/operations.ts';
import type { ErrorBody, Image, ServiceEvent, Terminal, VersionInfo } from '../../vmm/contract/types.ts';
import { Machines } from './machines.svelte.ts';

export type Link =
  /** nothing was heard yet */
  | { is: 'connecting' }
  | { is: 'live'; since: number }
  /** this window may not: asking again would not help */
  | { is: 'refused'; error: ErrorBody }
  /** what is shown is as of `since`; nothing, when it was never heard */
  | { is: 'gone'; since: number; knew: boolean; tries: number; error: ErrorBody | null };

/** How long after the first, the second … failed try the next one comes, ms; the last one goes on. */
const RETRY_MS = [100, 250, 500, 1000, 2000];

/** What the service told over its one stream of events; it holds the last of it while the service is gone. */
export class Service {
  link: Link = $state.raw({ is: 'connecting' });
  readonly isLive: boolean = $derived(this.link.is === 'live');
  readonly machines = new Machines();
  images: readonly Image[] = $state.raw([]);
  /** of every window, oldest first */
  terminals: readonly Terminal[] = $state.raw([]);
  settings: Readonly<Record<string, unknown>> = $state.raw({});
  version: VersionInfo | null = $state.raw(null);
  readonly #bridge: Bridge;
  #stream: OpenStream | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #whenLive = new Set<() => void>();

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  call<Name extends CallName>(name: Name, input: InputOf<Name>): Promise<OutputOf<Name>> {
    return this.#bridge.call(name, input);
  }

  imageOf(digest: string): Image | null {
    return this.images.find((image) => image.digest === digest) ?? null;
  }

  /** Calls whenever the service is there again, until the returned function is called. */
  whenLive(listener: () => void): () => void {
    this.#whenLive.add(listener);
    return () => this.#whenLive.delete(listener);
  }

  connect(): void {
    clearTimeout(this.#timer);
    this.#stream?.close();
    const stream: OpenStream = this.#bridge.open(
      'events',
      {},
      {
        message: (text) => this.#stream === stream && this.#take(JSON.parse(text as string) as ServiceEvent),
        closed: ({ error }) => this.#stream === stream && this.#lost(error),
      },
    );
    this.#stream = stream;
  }

  #take(event: ServiceEvent): void {
    switch (event.type) {
      case 'snapshot':
        // A service of an older build, which does not make way while a shell is open in it, says neither.
        this.version = event.version ?? null;
        this.settings = event.settings ?? {};
        this.machines.replace(event.machines);
        this.images = event.images;
        this.terminals = event.terminals;
        this.link = { is: 'live', since: Date.now() };
        for (const listener of this.#whenLive) listener();
        break;
      case 'machine':
        this.machines.put(event.machine);
        break;
      case 'machine-removed':
        this.machines.remove(event.id);
        break;
      case 'image':
        this.images = [event.image, ...this.images.filter((image) => !isSame(image, event.image))];
        break;
      case 'image-removed':
        this.images = this.images.filter((image) => !isSame(image, event));
        break;
      case 'terminal':
        this.terminals = placed(this.terminals, event.terminal);
        break;
      case 'terminal-removed':
        this.terminals = this.terminals.filter(({ id }) => id !== event.id);
        break;
      case 'settings':
        this.settings = event.settings;
        break;
      case 'history':
        // The palette asks for the past when it opens.
        break;
      default:
        event satisfies never;
    }
  }

  #lost(error: ErrorBody | null): void {
    this.#stream = null;
    if (error?.code === 'page.refused') {
      this.link = { is: 'refused', error };
      return;
    }
    const { link } = this;
    const since = link.is === 'gone' ? link.since : Date.now();
    const tries = link.is === 'gone' ? link.tries + 1 : 0;
    const wait = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 0;
    const knew = link.is === 'live' || (link.is === 'gone' && link.knew);
    this.link = { is: 'gone', since, knew, tries, error };
    this.#timer = setTimeout(() => this.connect(), wait);
  }
}

/** In the place of what it was before, or at the end. */
function placed(terminals: readonly Terminal[], changed: Terminal): readonly Terminal[] {
  const isKnown = terminals.some(({ id }) => id === changed.id);
  return isKnown ? terminals.map((each) => (each.id === changed.id ? changed : each)) : [...terminals, changed];
}

const isSame = (a: Pick<Image, 'digest' | 'reference'>, b: Pick<Image, 'digest' | 'reference'>): boolean =>
  a.digest === b.digest && a.reference === b.reference;
