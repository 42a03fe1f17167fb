import { MvmError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';
import { receiveOutput } from '../receive-output.ts';
import { write } from '../write.ts';

export const logs = defineCommand({
  name: 'logs',
  summary: "Show what a machine's program printed",
  words: 'MACHINE',
  count: { least: 1, most: 1 },
  options: {
    follow: { kind: 'flag', short: 'f', help: 'Go on as it prints' },
    tail: { kind: 'text', short: 'n', value: 'LINES', help: 'The last lines alone' },
  },
  examples: ['logs --follow web'],
  async handle(context, values, [machine = '']) {
    const input = { machine, follow: values.follow, ...(values.tail !== null && { tail: lines(values.tail) }) };
    await receiveOutput(context, 'logs', input, (channel, bytes) => write(context, channel, bytes));
    return 0;
  },
});

function lines(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new MvmError('usage', `--tail: '${text}' is not a number of lines`);
}
