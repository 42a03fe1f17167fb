/** A machine's states and what moves it between them: pure and total, so that an impossible step is seen at once. */
import { MvmError } from '../contract/errors.ts';
import { isLive } from '../contract/live.ts';
import type { ErrorBody, MachineState, ProgramExit, StartStep } from '../contract/types.ts';

export type MachineEvent =
  | { name: 'start' }
  | { name: 'step'; step: StartStep }
  | { name: 'program-started'; at: number }
  | { name: 'paused'; at: number }
  | { name: 'resumed'; at: number }
  | { name: 'stop-requested'; at: number }
  | { name: 'program-exited'; exit: ProgramExit }
  | { name: 'failed'; error: ErrorBody; at: number };

/** @throws MvmError `machine.state` when the event makes no sense in this state */
export function next(state: MachineState, event: MachineEvent): MachineState {
  switch (event.name) {
    case 'start':
      return isIdle(state) ? { name: 'starting', step: 'image' } : refuse(state, event);
    case 'step':
      return state.name === 'starting' ? { name: 'starting', step: event.step } : refuse(state, event);
    case 'program-started':
      return state.name === 'starting' ? { name: 'running', since: event.at } : refuse(state, event);
    case 'paused':
      return state.name === 'running' ? { name: 'paused', since: event.at, where: 'memory' } : refuse(state, event);
    case 'resumed':
      return state.name === 'paused' ? { name: 'running', since: event.at } : refuse(state, event);
    case 'stop-requested':
      return isLive(state) ? { name: 'stopping', since: event.at } : refuse(state, event);
    case 'program-exited':
      return isLive(state) ? { name: 'stopped', exit: event.exit } : refuse(state, event);
    case 'failed':
      return isIdle(state) && state.name !== 'created'
        ? refuse(state, event)
        : { name: 'failed', error: event.error, at: event.at };
    default:
      return event satisfies never;
  }
}

const isIdle = (state: MachineState): boolean => !isLive(state);

function refuse(state: MachineState, event: MachineEvent): never {
  throw new MvmError('machine.state', `a machine that is ${state.name} cannot take '${event.name}'`);
}
