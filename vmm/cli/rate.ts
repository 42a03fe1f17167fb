/** How fast something goes lately: over the last seconds, so that a rate is neither nervous nor stale. */

const WINDOW_MS = 4_000;
/** A rate of less time than this would be a guess. */
const LEAST_MS = 800;

export class Rate {
  #samples: { at: number; done: number }[] = [];

  reset(): void {
    this.#samples = [];
  }

  add(at: number, done: number): void {
    this.#samples.push({ at, done });
    while ((this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift();
  }

  /** Per second; null while it is not known. What stands still becomes slower. */
  at(now: number): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || now - first.at < LEAST_MS || last.done <= first.done) return null;
    return ((last.done - first.done) * 1000) / (now - first.at);
  }
}
