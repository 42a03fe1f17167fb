import { call } from '../../client/connect.ts';
import { ANY, defineCommand, jsonOption } from '../command.ts';
import { forEachMachine } from '../each.ts';

export const start = defineCommand({
  name: 'start',
  summary: 'Start kept machines again',
  words: 'MACHINE...',
  count: { least: 1, most: ANY },
  machines: ['created', 'stopped', 'failed'],
  options: { json: jsonOption },
  notes: ['Its disk is as it was when it ended; its program begins anew. One that runs already stays as it is.'],
  examples: ['start web'],
  async handle(context, { json }, words) {
    return forEachMachine(context, words, json, (machine) => call(context.service, 'start', { machine }));
  },
});
