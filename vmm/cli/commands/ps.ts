import { call } from '../../client/connect.ts';
import { portText } from '../../contract/ports.ts';
import type { Machine, MachineState } from '../../contract/types.ts';
import { defineCommand, jsonOption } from '../command.ts';
import { type Paints, paints, printJson } from '../output.ts';
import { type Cell, table } from '../table.ts';
import { span } from '../units.ts';

export const ps = defineCommand({
  name: 'ps',
  summary: 'List machines',
  words: '',
  count: { least: 0, most: 0 },
  options: {
    all: { kind: 'flag', short: 'a', help: 'Also those that do not run' },
    quiet: { kind: 'flag', short: 'q', help: 'Ids alone' },
    json: jsonOption,
  },
  examples: ['ps --all'],
  async handle(context, values) {
    const { machines } = await call(context.service, 'machines', {});
    const shown = machines.filter(({ state }) => values.all || isUp(state));
    if (values.json) printJson(context.stdout, shown);
    else if (values.quiet) for (const { id } of shown) context.stdout.write(`${id.slice(0, 12)}\n`);
    else table(context.stdout, COLUMNS, shown.map(rowFor(paints(context.stdout, context.env))));
    return 0;
  },
});

const isUp = ({ name }: MachineState): boolean => name !== 'stopped' && name !== 'failed' && name !== 'created';

const COLUMNS = [
  'MACHINE',
  { title: 'NAME', least: 8 },
  { title: 'IMAGE', least: 8 },
  'STATE',
  'CREATED',
  { title: 'PORTS', least: 8 },
  { title: 'COMMAND', least: 8 },
];

const rowFor =
  (paint: Paints) =>
  ({ id, name, spec, state, created, ports }: Machine): Cell[] => [
    id.slice(0, 12),
    name,
    spec.image,
    { text: stateText(state), paint: paint[STATE_COLOURS[state.name]] },
    `${span(Date.now() - created)} ago`,
    isUp(state) ? ports.map(portText).join(', ') : '',
    spec.process.argv.join(' '),
  ];

const STATE_COLOURS: Record<MachineState['name'], keyof Paints> = {
  created: 'dim',
  starting: 'cyan',
  running: 'green',
  paused: 'yellow',
  stopping: 'cyan',
  stopped: 'dim',
  failed: 'red',
};

function stateText(state: MachineState): string {
  switch (state.name) {
    case 'running':
      return `running ${span(Date.now() - state.since)}`;
    case 'stopped':
      return `stopped (${state.exit.code})`;
    case 'failed':
      return `failed (${state.error.code})`;
    case 'starting':
      return `starting (${state.step})`;
    case 'created':
    case 'paused':
    case 'stopping':
      return state.name;
    default:
      return state satisfies never;
  }
}
