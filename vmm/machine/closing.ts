/** The end of a machine whose program has ended: who still reads the last output is waited for, then its engine ends. */
import { settles } from '../engine/settles.ts';
import type { Session } from './session.ts';

/** How long a client may take to fetch what is left of a program when others wait for the machine, in ms. */
const CLIENT_MS = 2_000;

/** In order, the guest flushes its disk and powers off first. */
export type EndHow = 'in order' | 'at once';

export class Closing {
  readonly #tearDown: (how: EndHow) => Promise<void>;
  #over: Promise<void> | null = null;

  constructor(tearDown: (how: EndHow) => Promise<void>) {
    this.#tearDown = tearDown;
  }

  /** Resolves when the end that has begun, if one has, is over. */
  async over(): Promise<void> {
    await this.#over;
  }

  /** Without waiting for anybody, unless an end has begun before. */
  now(how: EndHow): Promise<void> {
    this.#over ??= this.#tearDown(how);
    return this.#over;
  }

  /** Once nobody needs the guest's copy of the program's output. */
  after(session: Session, how: EndHow, noted: () => Promise<void>): Promise<void> {
    this.#over = this.#after(session, how, noted);
    return this.#over;
  }

  async #after(session: Session, how: EndHow, noted: () => Promise<void>): Promise<void> {
    // In the step in which the program ended, others are still being told.
    await Promise.resolve();
    await noted();
    await session.settled;
    await this.#tearDown(how);
  }

  /** Resolves when it is over; a client that keeps it from that is let go after its time. */
  async without(letGo: () => void): Promise<void> {
    if (!(await settles(this.over(), CLIENT_MS))) letGo();
    await this.over();
  }

  /** The machine starts again. */
  forget(): void {
    this.#over = null;
  }
}
