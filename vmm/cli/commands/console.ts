import { printable } from '../../contract/printable.ts';
import { defineCommand } from '../command.ts';
import { receiveOutput } from '../receive-output.ts';
import { write } from '../write.ts';

export const console = defineCommand({
  name: 'console',
  summary: "Show a machine's serial console: what its kernel and agent say",
  words: 'MACHINE',
  count: { least: 1, most: 1 },
  options: { follow: { kind: 'flag', short: 'f', help: 'Go on as they speak' } },
  notes: ['Read-only. Control characters are shown as \\xNN.'],
  examples: ['console web'],
  async handle(context, values, [machine = '']) {
    await receiveOutput(context, 'console', { machine, follow: values.follow }, (channel, bytes) =>
      write(context, channel, printable(bytes.toString('latin1'))),
    );
    return 0;
  },
});
