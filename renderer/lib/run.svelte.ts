import type { OpenStream } from '../../vmm/contract/bridge.ts';
import type { ServiceControl } from '../../vmm/contract/stream.ts';
import type { ErrorBody, RunRequest } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';
import { readOutput } from './output-stream.ts';

/** Asks for a machine that is started detached, and tells how far it is until its program runs. */
export class Run {
  isUnderWay = $state(false);
  step = $state('');
  /** share of the step that is done, where the service says */
  share: number | null = $state(null);
  refused: ErrorBody | null = $state.raw(null);
  readonly #app: App;
  #stream: OpenStream | null = null;

  constructor(app: App) {
    this.#app = app;
  }

  begin(request: RunRequest, started: (machine: string) => void): void {
    this.isUnderWay = true;
    this.refused = null;
    this.step = '';
    this.share = null;
    this.#stream = readOutput(
      this.#app.bridge,
      'run',
      {},
      { type: 'run', request },
      {
        control: (message) => this.#take(message, started),
        bytes: (_channel, _bytes, taken) => taken(),
        closed: (error) => {
          this.isUnderWay = false;
          this.refused = error;
        },
      },
    );
  }

  /** A start that is left is undone by the service. */
  leave(): void {
    this.#stream?.close();
  }

  #take(message: ServiceControl, started: (machine: string) => void): void {
    if (message.type === 'started') started(message.machine);
    if (message.type !== 'progress') return;
    this.step = message.step;
    this.share = message.done !== undefined && message.total ? message.done / message.total : null;
  }
}

export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
