/** docker's words for the states of a machine. */
import type { MachineState } from '../../contract/types.ts';
import { humanDuration } from './amounts.ts';

export type DockerState = 'created' | 'running' | 'paused' | 'exited' | 'dead';

/** A machine that could not go on is what docker calls dead. */
export function dockerState(state: MachineState): DockerState {
  switch (state.name) {
    case 'created':
    case 'starting':
      return 'created';
    case 'running':
    case 'stopping':
      return 'running';
    case 'paused':
      return 'paused';
    case 'stopped':
      return 'exited';
    case 'failed':
      return 'dead';
    default:
      return state satisfies never;
  }
}

/** `Up 3 minutes`, `Exited (0) 2 hours ago`. */
export function statusText(state: MachineState, now: number): string {
  switch (state.name) {
    case 'created':
    case 'starting':
      return 'Created';
    case 'running':
    case 'stopping':
      return `Up ${humanDuration(now - state.since)}`;
    case 'paused':
      return `Up ${humanDuration(now - state.since)} (Paused)`;
    case 'stopped':
      return `Exited (${state.exit.code}) ${humanDuration(now - state.exit.at)} ago`;
    case 'failed':
      return 'Dead';
    default:
      return state satisfies never;
  }
}
