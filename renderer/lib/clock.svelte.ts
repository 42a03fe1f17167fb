/** The time as ages are counted from: it moves every few seconds, and only while somebody draws it. */
import { createSubscriber } from 'svelte/reactivity';

const EVERY_MS = 5000;

export class Clock {
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, EVERY_MS);
    return () => clearInterval(timer);
  });

  get now(): number {
    this.#subscribe();
    return Date.now();
  }
}
