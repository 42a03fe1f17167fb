import { call } from '../../client/connect.ts';
import { parseDuration } from '../arguments.ts';
import { ANY, defineCommand, jsonOption } from '../command.ts';
import { forEachMachine } from '../each.ts';

export const graceOption = {
  kind: 'text',
  short: 't',
  value: 'TIME',
  help: 'How long to wait before the kill (default 10s)',
} as const;

export const stop = defineCommand({
  name: 'stop',
  summary: 'Ask programs to end, then end them',
  words: 'MACHINE...',
  count: { least: 1, most: ANY },
  machines: ['running', 'paused', 'starting'],
  options: { time: graceOption, json: jsonOption },
  examples: ['stop web'],
  async handle(context, values, words) {
    const graceMs = parseDuration(values.time ?? '10s', '--time');
    return forEachMachine(context, words, values.json, (machine) =>
      call(context.service, 'stop', { machine, graceMs }),
    );
  },
});
