/** Signals that reach mvm go on to the program; before it runs, they undo its start. */
import { constants } from 'node:os';
import type { Program } from '../client/program.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** How long a program may take to heed an interrupt before its user is told of the next step, ms. */
const REMIND_MS = 1_500;

/** `exitCode` is that of a start which was undone: 128 and the signal's number. */
export function forwardSignals(program: Program, stderr: NodeJS.WriteStream): { exitCode(): number; stop(): void } {
  let interrupts = 0;
  let reminder: NodeJS.Timeout | undefined;
  let undoneBy: (typeof FORWARDED)[number] = 'SIGINT';
  const forward = (signal: NodeJS.Signals) => {
    if (!program.started) {
      undoneBy = signal as typeof undoneBy;
      return program.abort();
    }
    const again = signal === 'SIGINT' && ++interrupts > 1;
    program.signal(again ? 'SIGKILL' : signal);
    // As PID 1 a program ignores what it does not handle (pid_namespaces(7)), and a person wonders why.
    if (signal === 'SIGINT' && stderr.isTTY)
      reminder ??= setTimeout(() => stderr.write('mvm: the program goes on; ctrl-C again kills it\n'), REMIND_MS);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return {
    exitCode: () => 128 + constants.signals[undoneBy],
    stop() {
      clearTimeout(reminder);
      for (const signal of FORWARDED) process.off(signal, forward);
    },
  };
}
