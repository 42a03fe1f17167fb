import { call } from '../../client/connect.ts';
import type { Machine, SessionInfo } from '../../contract/types.ts';
import { defineCommand, jsonOption } from '../command.ts';
import { printJson } from '../output.ts';
import { table } from '../table.ts';
import { span } from '../units.ts';

export const sessions = defineCommand({
  name: 'sessions',
  summary: 'List the programs that run in machines',
  words: '[MACHINE]',
  count: { least: 0, most: 1 },
  options: {
    quiet: { kind: 'flag', short: 'q', help: 'Ids alone' },
    json: jsonOption,
  },
  notes: ["A machine's own program has the machine's id. mvm attach watches any of them."],
  examples: ['sessions web'],
  async handle(context, values, [machine]) {
    const { sessions } = await call(context.service, 'sessions', machine === undefined ? {} : { machine });
    if (values.json) printJson(context.stdout, sessions);
    else if (values.quiet) for (const { id } of sessions) context.stdout.write(`${id.slice(0, 12)}\n`);
    else {
      const { machines } = await call(context.service, 'machines', {});
      table(
        context.stdout,
        ['SESSION', 'MACHINE', 'TERMINAL', 'ATTACHED', 'STARTED', { title: 'COMMAND', least: 8 }],
        sessions.map((session) => row(session, machines)),
      );
    }
    return 0;
  },
});

const row = ({ id, machine, tty, attached, started, argv }: SessionInfo, machines: Machine[]): string[] => [
  id.slice(0, 12),
  machines.find((each) => each.id === machine)?.name ?? machine.slice(0, 12),
  tty ? 'yes' : 'no',
  String(attached),
  `${span(Date.now() - started)} ago`,
  argv.join(' '),
];
