import { call } from '../../client/connect.ts';
import { MvmError } from '../../contract/errors.ts';
import { nearest } from '../../contract/nearest.ts';
import { portText } from '../../contract/ports.ts';
import type { Machine, MachineState } from '../../contract/types.ts';
import { defineCommand, jsonOption } from '../command.ts';
import { MACHINE_TITLES } from '../docker/titles.ts';
import { asksFor, filter, filterOption, hasLabel, matches, type Test } from '../filter.ts';
import { formatNote, formatOption } from '../format-option.ts';
import { type Paints, paints, printJson } from '../output.ts';
import { type Cell, type Column, roomOf, table, writeLines } from '../table.ts';
import { span } from '../units.ts';

const tests: Record<string, Test<Machine>> = {
  id: (value) => {
    const fits = matches(value);
    return ({ id }) => fits(id);
  },
  name: (value) => {
    const fits = matches(value);
    // As docker's, whose names begin with a slash: ^/web$ is that one.
    return ({ name }) => fits(name) || fits(`/${name}`);
  },
  status: (value) => {
    const states = statesOf(value);
    return ({ state }) => states.includes(state.name);
  },
  label: (value) => {
    const has = hasLabel(value);
    return ({ spec }) => has(spec.labels);
  },
  ancestor: (value) => {
    const named = withoutLatest(value);
    const isDigest = /^(sha256:)?[0-9a-f]{12,64}$/.test(value);
    const digest = value.startsWith('sha256:') ? value : `sha256:${value}`;
    return ({ spec }) => withoutLatest(spec.image) === named || (isDigest && spec.imageDigest.startsWith(digest));
  },
  exited: (value) => {
    if (!/^\d{1,3}$/.test(value)) throw new MvmError('usage', `--filter: '${value}' is no exit code`);
    return ({ state }) => state.name === 'stopped' && state.exit.code === Number(value);
  },
};

const withoutLatest = (image: string): string => image.replace(/:latest$/, '');

/** Our names of states, and docker's. */
const STATES: Record<string, MachineState['name'][]> = {
  created: ['created'],
  starting: ['starting'],
  running: ['running', 'stopping'],
  paused: ['paused'],
  stopping: ['stopping'],
  stopped: ['stopped'],
  exited: ['stopped'],
  failed: ['failed'],
  dead: ['failed'],
};

function statesOf(value: string): MachineState['name'][] {
  const states = Object.hasOwn(STATES, value) ? STATES[value] : undefined;
  if (states) return states;
  const meant = nearest(value, Object.keys(STATES));
  throw new MvmError('usage', `--filter: no machine's status is '${value}'`, {
    hint: meant ? `Did you mean ${meant}?` : `One of: ${Object.keys(STATES).join(', ')}.`,
  });
}

export const ps = defineCommand({
  name: 'ps',
  summary: 'List machines',
  words: '',
  count: { least: 0, most: 0 },
  options: {
    all: { kind: 'flag', short: 'a', help: 'Also those that do not run' },
    quiet: { kind: 'flag', short: 'q', help: 'Ids alone' },
    last: { kind: 'text', short: 'n', value: 'N', help: 'The newest N, whether they run or not' },
    latest: { kind: 'flag', short: 'l', help: 'The newest, whether it runs or not' },
    filter: filterOption(
      Object.keys(tests),
      Object.keys(STATES).map((state) => `status=${state}`),
    ),
    format: formatOption,
    'no-trunc': { kind: 'flag', help: 'Whole ids and command lines' },
    json: jsonOption,
  },
  notes: [
    'Filters have docker’s meaning: name and id are a part or a regular expression, status is docker’s word or ours, label is KEY or KEY=VALUE, ancestor an image, exited an exit code. Several of one key are alternatives, but labels must all be there. With status or exited, --all goes without saying.',
    formatNote(MACHINE_TITLES, '{{.Names}}: {{.Status}}'),
  ],
  examples: ['ps --all', 'ps -q --filter label=tier=front', "ps --format '{{.Names}}: {{.Status}}'"],
  async handle({ service, stdout, env }, values) {
    const { machines } = await call(service, 'machines', {});
    const shown = choose(machines, values);
    const how = { whole: values['no-trunc'], now: Date.now() };
    const byTemplate = values.format === null ? null : await lines(stdout, values.format, shown, how);
    if (values.json) printJson(stdout, shown);
    else if (values.quiet) for (const { id } of shown) stdout.write(`${idText(id, how.whole)}\n`);
    else if (byTemplate) writeLines(stdout, byTemplate);
    else table(stdout, COLUMNS, shown.map(rowFor(paints(stdout, env), how)));
    return 0;
  },
});

/** What carries out a template is loaded when there is one. */
async function lines(stdout: NodeJS.WriteStream, format: string, shown: Machine[], how: How): Promise<string[] | null> {
  const { machineLines } = await import('../docker/machine-row.ts');
  return machineLines(format, shown, how, roomOf(stdout));
}

interface How {
  whole: boolean;
  now: number;
}

interface Wanted {
  all: boolean;
  last: string | null;
  latest: boolean;
  filter: string[];
}

function choose(machines: Machine[], { all, last, latest, filter: filters }: Wanted): Machine[] {
  const count = latest ? 1 : last === null ? null : parseCount(last);
  const everyState = all || count !== null || asksFor(filters, 'status', 'exited');
  const fitting = filter(machines, filters, { tests, every: ['label'] });
  return fitting.filter(({ state }) => everyState || isUp(state)).slice(0, count ?? undefined);
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new MvmError('usage', `--last: '${text}' is not a number of machines`);
}

const isUp = ({ name }: MachineState): boolean => name !== 'stopped' && name !== 'failed' && name !== 'created';

const COLUMNS: Column[] = [
  { title: 'MACHINE' },
  { title: 'NAME', least: 8 },
  { title: 'IMAGE', least: 8 },
  { title: 'STATE' },
  { title: 'CREATED' },
  { title: 'PORTS', least: 8, optional: true },
  { title: 'COMMAND', least: 8 },
];

const idText = (id: string, whole: boolean): string => (whole ? id : id.slice(0, 12));

const rowFor =
  (paint: Paints, { whole, now }: How) =>
  ({ id, name, spec, state, created, ports }: Machine): Cell[] => [
    idText(id, whole),
    name,
    spec.image,
    { text: stateText(state, now), paint: paint[STATE_COLOURS[state.name]] },
    `${span(now - created)} ago`,
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

function stateText(state: MachineState, now: number): string {
  switch (state.name) {
    case 'running':
      return `running ${span(now - state.since)}`;
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
