import type { ErrorBody, Terminal } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';
import { ProgramLink } from './program-link.ts';
import type { Screen } from './screen.ts';

/** Scrollback that is asked for when a window shows a terminal, bytes. */
const TAIL = 256 * 1024;

/** A terminal of the service on a screen of this window: it may come and go, and the terminal stays. */
export class TerminalSession {
  isHeld = $state(false);
  refused: ErrorBody | null = $state.raw(null);
  readonly #link: ProgramLink;
  readonly #unwatch: () => void;

  constructor(app: App, terminal: Terminal, screen: Screen) {
    this.#link = new ProgramLink(app.bridge, {
      opening: (received) => ({
        name: 'terminal',
        input: { terminal: terminal.id },
        first: { type: 'attach', from: received, tail: TAIL, stdin: true, size: screen.size },
      }),
      output: (_channel, bytes, taken) => screen.write(bytes, taken),
      broke: () => {
        this.isHeld = true;
      },
      control: (message) => {
        if (message.type === 'attached') this.isHeld = false;
      },
      ended: (end) => {
        this.refused = end && 'message' in end ? end : null;
      },
    });
    this.#link.connect();
    this.#unwatch = app.service.whenLive(() => this.#link.connect());
  }

  type(bytes: Uint8Array): void {
    this.#link.write(bytes);
  }

  resize(size: { columns: number; rows: number }): void {
    this.#link.resize(size);
  }

  /** Leaves the terminal to the service. */
  leave(): void {
    this.#unwatch();
    this.#link.close();
  }
}
