import { call } from '../../client/connect.ts';
import { ANY, defineCommand, jsonOption } from '../command.ts';
import { forEachMachine } from '../each.ts';
import { graceOf, graceOption } from './stop.ts';

export const restart = defineCommand({
  name: 'restart',
  summary: 'Stop kept machines and start them again',
  words: 'MACHINE...',
  count: { least: 1, most: ANY },
  options: { time: graceOption, json: jsonOption },
  examples: ['restart web'],
  async handle(context, values, words) {
    const grace = graceOf(values.time);
    return forEachMachine(context, words, values.json, (machine) =>
      call(context.service, 'restart', { machine, ...grace }),
    );
  },
});
