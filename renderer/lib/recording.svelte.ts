import type { OpenStream } from '../../vmm/contract/bridge.ts';
import type { ErrorBody } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';
import type { MachineModel } from './machines.svelte.ts';
import { readOutput } from './output-stream.ts';
import type { Screen } from './screen.ts';

/** What a machine's program printed, or its kernel and agent: from the beginning, and on as it comes. */
export class Recording {
  refused: ErrorBody | null = $state.raw(null);
  isEmpty = $state(true);
  readonly #app: App;
  readonly #machine: MachineModel;
  readonly #of: 'logs' | 'console';
  #stream: OpenStream | null = null;

  constructor(app: App, machine: MachineModel, of: 'logs' | 'console') {
    this.#app = app;
    this.#machine = machine;
    this.#of = of;
  }

  /** Shows it on `screen` from its beginning, whatever was there. */
  open(screen: Screen): void {
    this.close();
    screen.terminal.reset();
    this.refused = null;
    this.isEmpty = true;
    const input = { machine: this.#machine.id, follow: true };
    const stream = readOutput(this.#app.bridge, this.#of, input, null, {
      bytes: (_channel, bytes, taken) => {
        this.isEmpty = false;
        screen.write(bytes, taken);
      },
      closed: (error) => {
        if (this.#stream === stream && this.#app.service.isLive) this.refused = error;
      },
    });
    this.#stream = stream;
  }

  close(): void {
    this.#stream?.close();
    this.#stream = null;
  }
}
