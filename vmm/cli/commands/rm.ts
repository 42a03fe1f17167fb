import { call } from '../../client/connect.ts';
import { askAgain } from '../ask-again.ts';
import { ANY, defineCommand, jsonOption } from '../command.ts';
import { forEachMachine } from '../each.ts';

export const rm = defineCommand({
  name: 'rm',
  summary: 'Remove machines and their disks',
  words: 'MACHINE...',
  count: { least: 1, most: ANY },
  options: {
    force: { kind: 'flag', short: 'f', help: 'Also running ones: their programs are killed' },
    volumes: { kind: 'flag', short: 'v', help: 'Accepted: what a machine has goes with it in any case' },
    json: jsonOption,
  },
  examples: ['rm --force web'],
  async handle(context, values, words) {
    const { force } = values;
    return forEachMachine(context, words, values.json, (machine) =>
      askAgain(() => call(context.service, 'remove', { machine, force })),
    );
  },
});
