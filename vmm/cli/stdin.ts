/** This stdin to a program, no faster than it takes it; on a terminal every key, but for those that detach. */
import type { Program } from '../client/program.ts';
import type { DetachKeys } from './detach-keys.ts';
import { rawMode } from './tty.ts';

/** How long the beginning of the detach keys waits for the rest before the program gets it, ms. */
const NEXT_KEY_MS = 500;

/** Returns what gives the terminal back. */
export function connectStdin(stdin: NodeJS.ReadStream, program: Program, keys: DetachKeys | null): () => void {
  const restore = keys ? rawMode(stdin) : () => undefined;
  void feed(stdin, program, keys);
  return restore;
}

async function feed(stdin: NodeJS.ReadStream, program: Program, keys: DetachKeys | null): Promise<void> {
  let waiting: NodeJS.Timeout | undefined;
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      clearTimeout(waiting);
      if (!keys) {
        await program.write(chunk);
        continue;
      }
      const { bytes, detached } = keys.take(chunk);
      if (bytes.length > 0) await program.write(bytes);
      if (detached) return program.detach();
      if (keys.holds) waiting = setTimeout(() => void program.write(keys.release()), NEXT_KEY_MS);
    }
  } catch {
    // stdin was closed under us, by the program's end or the terminal's: either way it has ended.
  }
  program.endStdin();
}
