/** Where the time of a run went. */
import type { Timeline } from '../contract/types.ts';
import type { Context } from './command.ts';

/** In the order they happen; ms since the request reached the service. */
const POINTS = [
  ['engineStarted', 'engine started'],
  ['kernelEntered', 'kernel entered'],
  ['agentReady', 'agent ready'],
  ['programStarted', 'program started'],
  ['firstByte', 'first byte'],
  ['exited', 'exited'],
] as const satisfies [keyof Timeline, string][];

export function printTiming({ stderr }: Context, timeline: Timeline, json: boolean): void {
  if (json) {
    stderr.write(`${JSON.stringify(timeline)}\n`);
    return;
  }
  let before = 0;
  stderr.write(`${'request'.padEnd(18)}${ms(0)}\n`);
  for (const [point, label] of POINTS) {
    const at = timeline[point];
    if (at === undefined) continue;
    stderr.write(`${label.padEnd(18)}${ms(at)}  ${`+${(at - before).toFixed(1)}`.padStart(9)}\n`);
    before = at;
  }
}

const ms = (value: number): string => `${value.toFixed(1).padStart(9)} ms`;
