import type { OpenStream } from '../../vmm/contract/bridge.ts';
import type { ServiceControl } from '../../vmm/contract/stream.ts';
import type { ErrorBody } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';
import { nameOf } from './image-deeds.ts';
import { readOutput } from './output-stream.ts';

/** One import under way, or one that was refused and waits to be read. */
export class Import {
  readonly id: number;
  readonly path: string;
  readonly reference: string | null;
  step = $state('');
  done = $state(0);
  total: number | null = $state(null);
  refused: ErrorBody | null = $state.raw(null);
  stream: OpenStream | null = null;

  constructor(id: number, path: string, reference: string | null) {
    this.id = id;
    this.path = path;
    this.reference = reference;
  }

  take(message: ServiceControl): void {
    if (message.type !== 'progress') return;
    this.step = message.step;
    this.done = message.done ?? 0;
    this.total = message.total ?? null;
  }
}

export class Imports {
  all: readonly Import[] = $state.raw([]);
  readonly #app: App;
  #last = 0;

  constructor(app: App) {
    this.#app = app;
  }

  /** The service reads the path itself; without a name it takes the archive's own. */
  begin(path: string, reference: string | null): void {
    const made = new Import(++this.#last, path, reference);
    this.all = [...this.all, made];
    const input = { path, ...(reference !== null && { reference }) };
    made.stream = readOutput(this.#app.bridge, 'importImage', input, null, {
      control: (message) => {
        made.take(message);
        if (message.type === 'imported') this.#app.toasts.say(`Imported ${message.images.map(nameOf).join(', ')}`);
      },
      bytes: (_channel, _bytes, taken) => taken(),
      closed: (error) => {
        if (error && this.all.includes(made)) made.refused = error;
        else this.dismiss(made);
      },
    });
  }

  /** Gives up what is under way: the service notices that nobody waits. */
  dismiss(one: Import): void {
    this.all = this.all.filter((each) => each !== one);
    one.stream?.close();
  }
}
