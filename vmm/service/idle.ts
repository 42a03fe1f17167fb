/** Ends the service once it has had neither machines nor clients for a while. */
export class IdleWatch {
  readonly #afterMs: number;
  readonly #busy: () => boolean;
  readonly #onIdle: () => void;
  #clients = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: { afterMs: number; busy: () => boolean; onIdle: () => void }) {
    this.#afterMs = options.afterMs;
    this.#busy = options.busy;
    this.#onIdle = options.onIdle;
    this.#arm();
  }

  get clients(): number {
    return this.#clients;
  }

  clientCame(): void {
    this.#clients++;
    this.stop();
  }

  clientLeft(): void {
    this.#clients--;
    this.#arm();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    this.stop();
    if (this.#clients > 0) return;
    this.#timer = setTimeout(() => (this.#busy() ? this.#arm() : this.#onIdle()), this.#afterMs);
  }
}
