import { MvmError } from '../../contract/errors.ts';
import type { InputOf } from '../../contract/operations.ts';
import { STDERR, STDOUT } from '../../contract/stream.ts';
import { type Context, defineCommand } from '../command.ts';
import { type Line, LineReader } from '../lines.ts';
import { parseMoment } from '../moment.ts';
import { receiveLog } from '../receive-output.ts';
import { write } from '../write.ts';

export const logs = defineCommand({
  name: 'logs',
  summary: "Show what a machine's program printed",
  words: 'MACHINE',
  count: { least: 1, most: 1 },
  options: {
    follow: { kind: 'flag', short: 'f', help: 'Go on as it prints' },
    tail: { kind: 'text', short: 'n', value: 'LINES', help: 'The last lines alone, or all' },
    since: { kind: 'text', value: 'TIME', help: 'Not what was printed before' },
    until: { kind: 'text', value: 'TIME', help: 'Not what was printed after; --follow ends then' },
    timestamps: { kind: 'flag', short: 't', help: 'Begin each line with the time at which it was printed' },
    json: { kind: 'flag', help: 'One JSON document a line' },
  },
  notes: [
    'TIME is so long ago, such as 90s or 1h30m, a date and time such as 2026-05-04T10:30 (here, unless it says Z or +02:00), or seconds since 1970. With --tail, the last lines of that time.',
    'What went to stderr comes out on stderr. With --json all comes out on stdout, line by line, as { "channel": "stdout" or "stderr", "at": milliseconds since 1970, "text": the line without its end }.',
  ],
  examples: ['logs --follow web', 'logs -n 20 -t web', 'logs --since 10m web'],
  async handle(context, values, [machine = '']) {
    const { follow, timestamps, json } = values;
    const times = timestamps || json;
    const input = {
      machine,
      follow,
      ...(values.tail !== null && values.tail !== 'all' && { tail: lines(values.tail) }),
      ...(values.since !== null && { since: parseMoment(values.since, '--since', Date.now()) }),
      ...(values.until !== null && { until: parseMoment(values.until, '--until', Date.now()) }),
      ...(times && { times }),
    };
    if (times) await printLines(context, input, json);
    else await receiveLog(context, input, (channel, bytes) => write(context, channel, bytes));
    return 0;
  },
});

async function printLines(context: Context, input: InputOf<'logs'>, json: boolean): Promise<void> {
  const reader = new LineReader();
  const print = async (found: Line[]) => {
    for (const line of found) await write(context, json ? STDOUT : line.channel, json ? asJson(line) : withTime(line));
  };
  await receiveLog(context, input, (channel, bytes, at) => print(reader.push(channel, bytes, at)));
  await print(reader.end());
}

const asJson = ({ channel, at, text }: Line): string =>
  `${JSON.stringify({ channel: channel === STDERR ? 'stderr' : 'stdout', at, text })}\n`;

const withTime = ({ at, text }: Line): string => `${new Date(at ?? 0).toISOString()} ${text}\n`;

function lines(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new MvmError('usage', `--tail: '${text}' is not a number of lines`);
}
