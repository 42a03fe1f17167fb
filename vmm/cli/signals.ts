/** Signals that reach mvm go on to the program; before it runs, they undo its start. */
import { constants } from 'node:os';
import type { Program } from '../client/program.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** `exitCode` is that of a start which was undone: 128 and the signal's number. */
export function forwardSignals(program: Program): { exitCode(): number; stop(): void } {
  let interrupts = 0;
  let undoneBy: (typeof FORWARDED)[number] = 'SIGINT';
  const forward = (signal: NodeJS.Signals) => {
    if (!program.started) {
      undoneBy = signal as typeof undoneBy;
      return program.abort();
    }
    const again = signal === 'SIGINT' && ++interrupts > 1;
    program.signal(again ? 'SIGKILL' : signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return {
    exitCode: () => 128 + constants.signals[undoneBy],
    stop() {
      for (const signal of FORWARDED) process.off(signal, forward);
    },
  };
}
