import { call } from '../../client/connect.ts';
import { askAgain } from '../ask-again.ts';
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
    // A program that handles its signal would hear it twice; one that was killed hears nothing.
    const ask = /^(SIG)?KILL$|^9$/i.test(signal) ? askAgain : <T>(once: () => Promise<T>) => once();
    return forEachMachine(context, words, values.json, (machine) =>
      ask(() => call(context.service, 'kill', { machine, signal })),
    );
  },
});
