/** Signals that reach mvm go on to the program; before it runs, they undo its start. */
import type { Program } from '../client/program.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export function forwardSignals(program: Program): () => void {
  let interrupts = 0;
  const forward = (signal: NodeJS.Signals) => {
    if (!program.started) return program.abort();
    const again = signal === 'SIGINT' && ++interrupts > 1;
    program.signal(again ? 'SIGKILL' : signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
  };
}
