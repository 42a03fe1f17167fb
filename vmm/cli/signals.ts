/** Signals that reach mvm go on to the program; before it runs, they undo its start. */
import { constants } from 'node:os';
import type { Program } from '../client/program.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** `all-but-hangup`: a terminal that is closed leaves the program running. `none`: every signal leaves it. */
export type Forwarding = 'all' | 'all-but-hangup' | 'none';

/** How long a program may take to heed an interrupt before its user is told of the next step, ms. */
const REMIND_MS = 1_500;

/** `exitCode` is that of a start which was undone: 128 and the signal's number. */
export function forwardSignals(
  program: Program,
  stderr: NodeJS.WriteStream,
  forwarding: Forwarding,
): { exitCode(): number; stop(): void } {
  let interrupts = 0;
  let killedAt = Number.POSITIVE_INFINITY;
  let reminder: NodeJS.Timeout | undefined;
  let undoneBy: (typeof FORWARDED)[number] = 'SIGINT';
  const take = (signal: NodeJS.Signals) => {
    if (!program.started) {
      undoneBy = signal as typeof undoneBy;
      return program.abort();
    }
    const leaves = forwarding === 'none' || (forwarding === 'all-but-hangup' && signal === 'SIGHUP');
    // As the signal itself would end mvm, but for the terminal's settings.
    if (leaves) process.exit(128 + constants.signals[signal]);
    if (signal === 'SIGINT') interrupt();
    else program.signal(signal);
  };
  const interrupt = () => {
    // A machine that is paused or hangs hears not even SIGKILL: whoever wants to go goes without it.
    if (performance.now() >= killedAt + REMIND_MS) process.exit(128 + constants.signals.SIGINT);
    const again = ++interrupts > 1;
    program.signal(again ? 'SIGKILL' : 'SIGINT');
    if (interrupts > 2) return;
    if (again) killedAt = performance.now();
    // As PID 1 a program ignores what it does not handle (pid_namespaces(7)), and a person wonders why.
    remind(again ? 'it does not answer; ctrl-C again leaves it' : 'the program goes on; ctrl-C again kills it');
  };
  const remind = (text: string) => {
    clearTimeout(reminder);
    if (stderr.isTTY) reminder = setTimeout(() => stderr.write(`mvm: ${text}\n`), REMIND_MS);
  };
  for (const signal of FORWARDED) process.on(signal, take);
  return {
    exitCode: () => 128 + constants.signals[undoneBy],
    stop() {
      clearTimeout(reminder);
      for (const signal of FORWARDED) process.off(signal, take);
    },
  };
}
