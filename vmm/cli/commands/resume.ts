import { call } from '../../client/connect.ts';
import { ANY, defineCommand, jsonOption } from '../command.ts';
import { forEachMachine } from '../each.ts';

export const resume = defineCommand({
  name: 'resume',
  summary: 'Let paused machines go on',
  words: 'MACHINE...',
  count: { least: 1, most: ANY },
  machines: ['paused'],
  options: { json: jsonOption },
  notes: ['docker calls this unpause.'],
  examples: ['resume web'],
  async handle(context, { json }, words) {
    return forEachMachine(context, words, json, (machine) => call(context.service, 'resume', { machine }));
  },
});
