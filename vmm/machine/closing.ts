/** The end of a machine whose program has ended: who still reads the last output is waited for, then its engine ends. */
import { settles } from '../engine/settles.ts';
import type { EndHow } from './boot.ts';
import type { Session } from './session.ts';

/** How long a client may take to fetch what is left of a program when others wait for the machine, in ms. */
const CLIENT_MS = 2_000;

export class Closing {
  readonly #tearDown: (how: EndHow) => Promise<void>;
  #over: Promise<void> | null = null;
  #hasFailed = false;

  constructor(tearDown: (how: EndHow) => Promise<void>) {
    this.#tearDown = tearDown;
  }

  /** Resolves when the end that has begun, if one has, is over; one that failed is tried again. */
  async over(): Promise<void> {
    if (this.#hasFailed) this.#begin(this.#tearDown('at once'));
    await this.#over;
  }

  /** The same, but `letGo` is called when somebody keeps it from being over for long. */
  async overSoon(letGo: () => Promise<void>): Promise<void> {
    if (!(await settles(this.over(), CLIENT_MS))) await letGo();
    await this.over();
  }

  /** Ends it without waiting for anybody, unless an end has begun before. */
  now(how: EndHow): Promise<void> {
    return this.#over ?? this.#begin(this.#tearDown(how));
  }

  /** Ends it once nobody needs the guest's copy of the program's output; no end has begun before. */
  after(session: Session, how: EndHow, noted: () => Promise<void>): Promise<void> {
    return this.#begin(this.#after(session, how, noted));
  }

  async #after(session: Session, how: EndHow, noted: () => Promise<void>): Promise<void> {
    // In the step in which the program ended, others are still being told.
    await Promise.resolve();
    await noted();
    await session.settled;
    await this.#tearDown(how);
  }

  #begin(end: Promise<void>): Promise<void> {
    this.#over = end;
    this.#hasFailed = false;
    end.catch(() => {
      this.#hasFailed = this.#over === end;
    });
    return end;
  }

  /** The machine starts again. */
  forget(): void {
    this.#over = null;
    this.#hasFailed = false;
  }
}
