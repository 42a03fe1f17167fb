import { printable } from '../../contract/printable.ts';
import { STDOUT } from '../../contract/stream.ts';
import { defineCommand } from '../command.ts';
import { type Line, LineReader } from '../lines.ts';
import { receiveOutput } from '../receive-output.ts';
import { write } from '../write.ts';

export const console = defineCommand({
  name: 'console',
  summary: "Show a machine's serial console: what its kernel and agent say",
  words: 'MACHINE',
  count: { least: 1, most: 1 },
  options: {
    follow: { kind: 'flag', short: 'f', help: 'Go on as they speak' },
    json: { kind: 'flag', help: 'One JSON document a line' },
  },
  notes: [
    'Read-only. Control characters are shown as \\xNN.',
    'With --json each line is { "channel": "console", "at": null, for a console is recorded without times, "text": the line }.',
  ],
  examples: ['console web'],
  async handle(context, { follow, json }, [machine = '']) {
    const reader = new LineReader();
    const print = (lines: Line[]) => write(context, STDOUT, lines.map(asJson).join(''));
    await receiveOutput(
      context,
      'console',
      { machine, follow },
      {
        take: (channel, bytes) =>
          json
            ? print(reader.push(channel, bytes, null))
            : write(context, channel, printable(bytes.toString('latin1'))),
      },
    );
    if (json) await print(reader.end());
    return 0;
  },
});

const asJson = ({ text }: Line): string =>
  `${JSON.stringify({ channel: 'console', at: null, text: printable(text.replace(/\r$/, '')) })}\n`;
