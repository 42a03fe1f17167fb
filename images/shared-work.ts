/** Work that several wait for: it goes on while anybody does, and is given up when the last one leaves. */

export type WorkProgress = (step: string, done?: number, total?: number) => void;

export class SharedWork<T> {
  readonly #giveUp = new AbortController();
  readonly #waiting = new Set<WorkProgress>();
  readonly #result: Promise<T>;

  constructor(work: (progress: WorkProgress, signal: AbortSignal) => Promise<T>) {
    this.#result = work((...said) => {
      for (const progress of this.#waiting) progress(...said);
    }, this.#giveUp.signal);
    // Nobody may be left to hear how it failed.
    this.#result.catch(() => undefined);
  }

  get givenUp(): boolean {
    return this.#giveUp.signal.aborted;
  }

  /** Rejects with the signal's reason for who leaves early. */
  async join(progress: WorkProgress, signal?: AbortSignal): Promise<T> {
    const listener: WorkProgress = (...said) => progress(...said);
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal?.reason);
    this.#waiting.add(listener);
    signal?.addEventListener('abort', leave);
    try {
      signal?.throwIfAborted();
      return await Promise.race([this.#result, left]);
    } finally {
      signal?.removeEventListener('abort', leave);
      this.#waiting.delete(listener);
      if (this.#waiting.size === 0) this.#giveUp.abort();
    }
  }
}
