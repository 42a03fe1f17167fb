import { call } from '../../client/connect.ts';
import { ANY, defineCommand, jsonOption } from '../command.ts';
import { forEachMachine } from '../each.ts';

/** Those that people send. */
export const SIGNALS = ['HUP', 'INT', 'KILL', 'QUIT', 'TERM', 'USR1', 'USR2', 'STOP', 'CONT', 'WINCH'];

export const kill = defineCommand({
  name: 'kill',
  summary: 'Send programs a signal',
  words: 'MACHINE...',
  count: { least: 1, most: ANY },
  machines: ['running', 'paused', 'stopping'],
  options: {
    signal: { kind: 'text', short: 's', value: 'SIGNAL', completes: SIGNALS, help: 'Name or number (default KILL)' },
    json: jsonOption,
  },
  examples: ['kill --signal HUP web'],
  async handle(context, values, words) {
    const signal = values.signal ?? 'KILL';
    return forEachMachine(context, words, values.json, (machine) => call(context.service, 'kill', { machine, signal }));
  },
});
