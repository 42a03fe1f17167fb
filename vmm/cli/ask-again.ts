/** What comes to the same when it is asked for twice is asked for again where the service died before it answered. */
import { setTimeout as pause } from 'node:timers/promises';
import { MvmError } from '../contract/errors.ts';

/** What is said of a thing that an earlier asking had ended or removed. */
const DONE = new Set(['machine.not-found', 'machine.not-running', 'image.not-found']);

/** A service that is just being killed may lose one more question, whose connection its door had taken: ms. */
const BETWEEN_MS = 50;
const MOST = 4;

/** null where an earlier asking had done it: the service died with its answer. */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T | null> {
  for (let asked = 1; ; asked++) {
    try {
      return await ask();
    } catch (error) {
      if (asked > 1 && DONE.has(codeOf(error))) return null;
      if (codeOf(error) !== 'service.lost' || asked === MOST) throw error;
    }
    await pause(BETWEEN_MS);
  }
}

const codeOf = (error: unknown): string => (error instanceof MvmError ? error.code : '');
