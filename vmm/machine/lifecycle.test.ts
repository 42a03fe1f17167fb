import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLive } from '../contract/live.ts';
import type { MachineState } from '../contract/types.ts';
import { type MachineEvent, next } from './lifecycle.ts';

const exit = { code: 0, signal: null, at: 5 };
const error = { code: 'x', message: 'x' };

const states: MachineState[] = [
  { name: 'created' },
  { name: 'starting', step: 'engine' },
  { name: 'running', since: 1 },
  { name: 'paused', since: 1, where: 'memory' },
  { name: 'stopping', since: 1 },
  { name: 'stopped', exit },
  { name: 'failed', error, at: 1 },
];
const events: MachineEvent[] = [
  { name: 'start' },
  { name: 'step', step: 'agent' },
  { name: 'program-started', at: 2 },
  { name: 'stop-requested', at: 3 },
  { name: 'program-exited', exit },
  { name: 'failed', error, at: 4 },
];

const outcome = (state: MachineState, event: MachineEvent): string => {
  try {
    return next(state, event).name;
  } catch {
    return '-';
  }
};

describe('the life of a machine', () => {
  it('has one table of what follows what', () => {
    const rows = states.map((state) =>
      `${state.name.padEnd(9)}${events.map((e) => outcome(state, e).padEnd(9)).join('')}`.trimEnd(),
    );
    expect(`${' '.repeat(9)}${events.map(({ name }) => name.slice(0, 8).padEnd(9)).join('')}`.trimEnd()).toBe(
      '         start    step     program- stop-req program- failed',
    );
    expect(rows).toEqual([
      'created  starting -        -        -        -        failed',
      'starting -        starting running  stopping stopped  failed',
      'running  -        -        -        stopping stopped  failed',
      'paused   -        -        -        stopping stopped  failed',
      'stopping -        -        -        stopping stopped  failed',
      'stopped  starting -        -        -        -        -',
      'failed   starting -        -        -        -        -',
    ]);
  });

  it('never runs without having started, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events)), (sequence) => {
        let state: MachineState = { name: 'created' };
        for (const event of sequence) {
          if (outcome(state, event) === '-') continue;
          const after = next(state, event);
          if (after.name === 'running') expect(state.name).toBe('starting');
          if (isLive(after)) expect(isLive(state) || event.name === 'start').toBe(true);
          state = after;
        }
      }),
    );
  });
});
