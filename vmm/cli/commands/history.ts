import { call } from '../../client/connect.ts';
import { runCommandLine } from '../../contract/command-line.ts';
import { MvmError } from '../../contract/errors.ts';
import type { HistoryEntry } from '../../contract/types.ts';
import { defineCommand, jsonOption } from '../command.ts';
import { type Paints, paints, printJson } from '../output.ts';
import { type Cell, table } from '../table.ts';
import { span, took } from '../units.ts';

const SHOWN = 20;
/** The service keeps no more. */
const KEPT = 1000;

export const history = defineCommand({
  name: 'history',
  summary: 'List past runs',
  words: '',
  count: { least: 0, most: 0 },
  options: {
    last: { kind: 'text', short: 'n', value: 'N', help: `So many runs, the newest (default ${SHOWN})` },
    json: jsonOption,
  },
  notes: [
    `The last ${KEPT} runs are kept; of variables that -e set, the names alone. 'mvm again N' runs number N again.`,
  ],
  examples: ['history', 'history -n 5 --json'],
  async handle(context, values) {
    const limit = values.last === null ? SHOWN : parseCount(values.last);
    const { runs } = await call(context.service, 'history', { limit });
    if (values.json)
      printJson(
        context.stdout,
        runs.map((run) => ({ ...run, commandLine: pastCommandLine(run) })),
      );
    else table(context.stdout, COLUMNS, runs.reverse().map(rowFor(paints(context.stdout, context.env))));
    return 0;
  },
});

/** What would ask for it again; of a run before history kept requests, what it executed. */
export const pastCommandLine = ({ request, envNames, image, argv }: HistoryEntry): string =>
  request ? runCommandLine({ ...request, env: envNames }) : `${image}: ${argv.join(' ')}`;

const COLUMNS = [
  { title: 'N', right: true },
  'WHEN',
  { title: 'TOOK', right: true },
  { title: 'EXIT', right: true },
  { title: 'COMMAND LINE', least: 16 },
];

const rowFor =
  (paint: Paints) =>
  (run: HistoryEntry): Cell[] => [
    String(run.id),
    `${span(Date.now() - run.at)} ago`,
    run.durationMs === null ? '-' : took(run.durationMs),
    { text: String(run.exitCode ?? '-'), paint: run.exitCode ? paint.red : paint.dim },
    pastCommandLine(run),
  ];

function parseCount(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count > 0) return Math.min(count, KEPT);
  throw new MvmError('usage', `--last: '${text}' is not a number of runs`);
}
