/** Ends the service once it has had neither machines nor clients for a while. */
export class IdleWatch {
  readonly #afterMs: number;
  readonly #busy: () => boolean;
  readonly #onIdle: () => void;
  readonly #holds = new Set<{ what: string }>();
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

  /** Work that would be lost with the service: `importing alpine.tar`. Whoever began it lets go. */
  hold(what: string): () => void {
    const held = { what };
    this.#holds.add(held);
    return () => void this.#holds.delete(held);
  }

  get underWay(): string[] {
    return [...this.#holds].map(({ what }) => what);
  }

  clientCame(): void {
    this.#clients++;
    this.stop();
  }

  clientLeft(): void {
    this.#clients--;
    this.#arm();
  }

  /** Looks again after the same time. */
  again(): void {
    this.#arm();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    this.stop();
    if (this.#clients > 0) return;
    this.#timer = setTimeout(
      () => (this.#busy() || this.#holds.size > 0 ? this.#arm() : this.#onIdle()),
      this.#afterMs,
    );
  }
}
