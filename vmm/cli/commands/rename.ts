import { call } from '../../client/connect.ts';
import { defineCommand, jsonOption } from '../command.ts';
import { printJson } from '../output.ts';

export const rename = defineCommand({
  name: 'rename',
  summary: 'Give a machine another name',
  words: 'MACHINE NAME',
  count: { least: 2, most: 2 },
  options: { json: jsonOption },
  examples: ['rename web web-old'],
  async handle(context, { json }, [machine = '', name = '']) {
    const renamed = await call(context.service, 'rename', { machine, name });
    if (json) printJson(context.stdout, renamed);
    return 0;
  },
});
