/** The terminal on the screen that can be searched; the action `find` asks it. */
export class Finder {
  #show: (() => void) | null = $state.raw(null);

  get isOffered(): boolean {
    return this.#show !== null;
  }

  /** Until the returned function is called. */
  offer(show: () => void): () => void {
    this.#show = show;
    return () => {
      if (this.#show === show) this.#show = null;
    };
  }

  show(): void {
    this.#show?.();
  }
}
