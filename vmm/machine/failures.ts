/** What can go wrong with a guest, in words; the console's last lines are the evidence. */
import { MvmError } from '../contract/errors.ts';
import { isLive } from '../contract/live.ts';
import type { Machine } from '../contract/types.ts';
import type { EngineExit } from '../engine/engine.ts';

export function engineGone(machine: Machine, exit: EngineExit, console: string[]): MvmError {
  const panicked = console.some((line) => line.includes('Kernel panic'));
  if (panicked)
    return new MvmError('guest.panicked', `the kernel of machine ${machine.name} panicked`, { details: { console } });
  return new MvmError('engine.gone', `the engine of machine ${machine.name} ended unexpectedly${how(exit)}`, {
    details: { console },
    hint: 'If it happens again, mvm doctor says what is wrong on this host.',
  });
}

const how = (exit: EngineExit): string =>
  exit.signal ? ` (${exit.signal})` : exit.code === null ? '' : ` (exit code ${exit.code})`;

/** A start's failure; when the agent was not heard, with what the console said instead. */
export function guestSilent(error: unknown, machine: Machine, console: string[]): unknown {
  if (!(error instanceof MvmError) || error.code !== 'agent.silent') return error;
  return new MvmError('agent.silent', `the agent of machine ${machine.name} did not answer`, {
    cause: error,
    details: { console },
    hint: 'The console says how far the guest came; mvm doctor says what is wrong on this host.',
  });
}

export function lostWhileAway(machine: Machine): MvmError {
  return new MvmError('machine.lost', `machine ${machine.name} ended while no service watched it`, {
    hint: 'Its disk is kept; mvm rm removes it.',
  });
}

export const notPaused = ({ name, state }: Machine): MvmError =>
  new MvmError('machine.not-paused', `machine ${name} is ${state.name}`, { hint: 'Only a paused machine is resumed.' });

export function notRunning({ name, state, spec }: Machine): MvmError {
  if (state.name === 'paused')
    return new MvmError('machine.paused', `machine ${name} is paused`, { hint: `mvm resume ${name}` });
  return new MvmError('machine.not-running', `machine ${name} is not running (it is ${state.name})`, {
    hint: isLive(state) || spec.ephemeral ? 'mvm ps --all lists all machines.' : `mvm start ${name}`,
  });
}
