import { call } from '../../client/connect.ts';
import { parseDuration } from '../arguments.ts';
import { askAgain } from '../ask-again.ts';
import { ANY, defineCommand, jsonOption } from '../command.ts';
import { forEachMachine } from '../each.ts';

export const graceOption = {
  kind: 'text',
  short: 't',
  also: 'timeout',
  value: 'TIME',
  help: 'How long to wait before the kill (default 10s, or --stop-timeout of the run)',
} as const;

/** Nothing leaves it to the machine. */
export const graceOf = (time: string | null): { graceMs?: number } =>
  time === null ? {} : { graceMs: parseDuration(time, '--time') };

export const stop = defineCommand({
  name: 'stop',
  summary: 'Ask programs to end, then end them',
  words: 'MACHINE...',
  count: { least: 1, most: ANY },
  machines: ['running', 'paused', 'starting'],
  options: { time: graceOption, json: jsonOption },
  examples: ['stop web'],
  async handle(context, values, words) {
    const grace = graceOf(values.time);
    return forEachMachine(context, words, values.json, (machine) =>
      askAgain(() => call(context.service, 'stop', { machine, ...grace })),
    );
  },
});
