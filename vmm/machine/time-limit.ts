/** `--timeout`: asks the program to end, then ends it. */

/** After the deadline's SIGTERM the program has this long, in ms: PID 1 of a guest ignores what it does not handle. */
const KILL_MS = 2_000;

export class TimeLimit {
  #timer: NodeJS.Timeout | null = null;
  #expired = false;

  /** the limit was reached, whatever the program did then */
  get expired(): boolean {
    return this.#expired;
  }

  /** No limit when `ms` is null. */
  arm(ms: number | null, signal: (name: string) => void): void {
    this.clear();
    this.#expired = false;
    if (ms === null) return;
    this.#timer = setTimeout(() => {
      this.#expired = true;
      signal('SIGTERM');
      this.#timer = setTimeout(() => signal('SIGKILL'), KILL_MS);
    }, ms);
  }

  clear(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
