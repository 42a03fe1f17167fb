import type { MachineState } from './types.ts';

/** An engine may be running for it. */
export function isLive(state: MachineState): boolean {
  switch (state.name) {
    case 'starting':
    case 'running':
    case 'paused':
    case 'stopping':
      return true;
    case 'created':
    case 'stopped':
    case 'failed':
      return false;
    default:
      return state satisfies never;
  }
}
