/** Ways to wait for what may fail. */

/** For what may fail because the guest is going anyway: its end is observed elsewhere. */
export async function quietly(promise: Promise<unknown> | undefined): Promise<void> {
  await promise?.catch(() => undefined);
}

/** Rejects with the signal's reason as soon as it is aborted. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, aborted]);
}

/** Rejects when the work takes longer than `ms`; the work itself goes on. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const late = AbortSignal.timeout(ms);
  return unlessAborted(work, late);
}

/** Who waits for each end; it is forgotten with its promise. */
const waiting = new WeakMap<Promise<unknown>, Set<() => void>>();

/**
 * Resolves when something ended or who asks has left. A promise keeps whoever waits for it until it is settled: of
 * clients that come and go while a machine runs nothing may stay.
 */
export function endOrLeft(end: Promise<unknown>, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (left.aborted) return resolve();
    const others = waitersOf(end);
    const done = (): void => {
      others.delete(done);
      left.removeEventListener('abort', done);
      resolve();
    };
    others.add(done);
    left.addEventListener('abort', done);
  });
}

function waitersOf(end: Promise<unknown>): Set<() => void> {
  const known = waiting.get(end);
  if (known) return known;
  const waiters = new Set<() => void>();
  waiting.set(end, waiters);
  const tell = (): void => {
    waiting.delete(end);
    for (const done of [...waiters]) done();
  };
  end.then(tell, tell);
  return waiters;
}
