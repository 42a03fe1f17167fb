import { call } from '../../client/connect.ts';
import { ANY, defineCommand, jsonOption } from '../command.ts';
import { forEachMachine } from '../each.ts';

export const pause = defineCommand({
  name: 'pause',
  summary: 'Let machines stand still, in memory',
  words: 'MACHINE...',
  count: { least: 1, most: ANY },
  machines: ['running'],
  options: { json: jsonOption },
  notes: ['A paused machine takes no CPU time; its memory stays with it. Its clock is set right when it goes on.'],
  examples: ['pause web'],
  async handle(context, { json }, words) {
    return forEachMachine(context, words, json, (machine) => call(context.service, 'pause', { machine }));
  },
});
