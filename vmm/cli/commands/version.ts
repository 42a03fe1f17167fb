import { VERSION } from '../../contract/version.ts';
import { defineCommand, jsonOption } from '../command.ts';
import { printJson } from '../output.ts';

export const version = defineCommand({
  name: 'version',
  summary: 'Print the version',
  words: '',
  count: { least: 0, most: 0 },
  options: { json: jsonOption },
  examples: ['version --json'],
  async handle(context, { json }) {
    const found = { version: VERSION, runtime: process.version, platform: `${process.platform}/${process.arch}` };
    if (json) printJson(context.stdout, found);
    else context.stdout.write(`mvm ${found.version} (Node ${found.runtime}, ${found.platform})\n`);
    return 0;
  },
});
