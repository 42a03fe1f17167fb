/** What comes to the same when it is asked for twice is asked for once more where the service died before it answered. */
import { MvmError } from '../contract/errors.ts';

/** What is said of a thing that the first asking had ended or removed. */
const DONE = new Set(['machine.not-found', 'machine.not-running', 'image.not-found']);

/** null where the first asking had done it: the service died with its answer. */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (codeOf(error) !== 'service.lost') throw error;
  }
  try {
    return await ask();
  } catch (error) {
    if (DONE.has(codeOf(error))) return null;
    throw error;
  }
}

const codeOf = (error: unknown): string => (error instanceof MvmError ? error.code : '');
