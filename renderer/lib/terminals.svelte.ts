import type { OpenTerminal, Terminal } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';

/** Until its screen stands and says how large it is. */
const FIRST_SIZE = { columns: 80, rows: 24 };

type Wish = OpenTerminal extends infer Each ? (Each extends unknown ? Omit<Each, 'size'> : never) : never;

/** The terminals of the service, which every window shows: whose they are, and which one is in front. */
export class Terminals {
  readonly #app: App;
  /** by machine, or by `shells` */
  #front: Readonly<Record<string, string>> = $state.raw({});
  isOpening = $state(false);

  constructor(app: App) {
    this.#app = app;
  }

  /** Of a machine, or the shells of this computer; oldest first. */
  of(machine: string | null): readonly Terminal[] {
    return this.#app.service.terminals.filter((terminal) => terminal.machine === machine);
  }

  front(machine: string | null): Terminal | null {
    const among = this.of(machine);
    const chosen = this.#front[machine ?? 'shells'];
    return among.find(({ id }) => id === chosen) ?? among.at(-1) ?? null;
  }

  show({ id, machine }: Terminal): void {
    this.#front = { ...this.#front, [machine ?? 'shells']: id };
  }

  /** The one that is on the screen now. */
  get current(): Terminal | null {
    const { place, tab } = this.#app.route.where;
    if (place === 'shells') return this.front(null);
    const machine = this.#app.opened;
    return machine && tab === 'terminal' ? this.front(machine.id) : null;
  }

  async open(wish: Wish): Promise<void> {
    this.isOpening = true;
    try {
      const opened = await this.#app.service.call('openTerminal', { ...wish, size: FIRST_SIZE });
      this.show(opened);
      if (opened.machine === null) this.#app.route.go({ place: 'shells' });
      else this.#app.route.go({ place: 'machines', item: opened.machine, tab: 'terminal' });
    } finally {
      this.isOpening = false;
    }
  }

  async close({ id }: Terminal): Promise<void> {
    await this.#app.service.call('closeTerminal', { terminal: id });
  }
}
