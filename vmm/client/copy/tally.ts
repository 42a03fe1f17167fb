/** What a copy has done so far, and what it left out. */
export class Tally {
  /** files, folders and links that are whole */
  files = 0;
  bytes = 0;
  /** bytes in all, where that is known */
  total: number | null = null;
  leftOutCount = 0;
  /** the first of them, with the reason */
  readonly leftOut: string[] = [];
  readonly #told: ((tally: Tally) => void) | undefined;

  constructor(told?: (tally: Tally) => void) {
    this.#told = told;
  }

  leaveOut(what: string): void {
    this.leftOutCount++;
    if (this.leftOut.length < MOST_NAMED) this.leftOut.push(what);
  }

  /** Tells whoever shows the progress. */
  tell(): void {
    this.#told?.(this);
  }
}

/** A guest can make up as many as it likes. */
const MOST_NAMED = 20;
