import { call } from '../../client/connect.ts';
import type { MachineStats } from '../../contract/types.ts';
import { ANY, type Context, defineCommand, jsonOption } from '../command.ts';
import type { Reading } from '../docker/stats-row.ts';
import { STATS_TITLES } from '../docker/titles.ts';
import { formatNote, formatOption } from '../format-option.ts';
import { LiveLines } from '../live.ts';
import { printJson } from '../output.ts';
import { type Column, roomOf, tableLines, writeLines } from '../table.ts';
import { size } from '../units.ts';

/** How often the table is drawn again, ms. */
const EVERY_MS = 1_000;

export const stats = defineCommand({
  name: 'stats',
  summary: 'Show what machines take of this host, as it changes',
  words: '[MACHINE...]',
  count: { least: 0, most: ANY },
  machines: ['running', 'paused'],
  options: {
    'no-stream': { kind: 'flag', help: 'Print one reading and end' },
    format: formatOption,
    json: jsonOption,
  },
  notes: [
    'CPU is the engine’s share of one host CPU. MEMORY is what the host really holds for the machine (its proportional set size), beside what the guest was given; GUEST is what the guest itself has in use. DISK is the space that its own disk takes here. In a pipe, and with --json, one reading is printed.',
    formatNote(STATS_TITLES, '{{.Name}}: {{.CPUPerc}} {{.MemUsage}}'),
  ],
  examples: ['stats', 'stats --no-stream web'],
  async handle(context, values, words) {
    let before = await read(context, words);
    if (values.json) {
      printJson(context.stdout, before);
      return 0;
    }
    const redraws = context.stdout.isTTY && context.env.TERM !== 'dumb' && !values['no-stream'];
    const live = redraws ? new LiveLines(context.stdout) : null;
    for (;;) {
      // A share of CPU time needs two readings.
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      const now = await read(context, words);
      const lines = await drawn(readings(before, now), values.format, roomOf(context.stdout));
      if (live) live.draw(lines);
      else writeLines(context.stdout, lines);
      if (!live) return 0;
      before = now;
    }
  },
});

async function drawn(all: Reading[], format: string | null, room: number): Promise<string[]> {
  // What carries out a template is loaded when there is one.
  const byTemplate = format === null ? null : (await import('../docker/stats-row.ts')).statsLines(format, all, room);
  return byTemplate ?? tableLines(COLUMNS, all.map(row), room);
}

const COLUMNS: Column[] = [
  { title: 'NAME', least: 8 },
  ...['CPU', 'MEMORY', 'GIVEN', 'GUEST', 'DISK', 'PROCESSES'].map((title) => ({ title, right: true })),
];

async function read(context: Context, words: string[]): Promise<MachineStats[]> {
  if (words.length === 0) return (await call(context.service, 'stats', {})).machines;
  const found = await Promise.all(words.map((machine) => call(context.service, 'stats', { machine })));
  return found.flatMap(({ machines }) => machines);
}

function readings(before: MachineStats[], now: MachineStats[]): Reading[] {
  const earlier = new Map(before.map((each) => [each.machine, each]));
  return now.map((stats) => ({ stats, cpu: cpuShare(earlier.get(stats.machine), stats) }));
}

const row = ({ stats, cpu }: Reading): string[] => [
  stats.name,
  cpu === null ? '-' : `${(100 * cpu).toFixed(1)} %`,
  stats.memoryBytes === null ? '-' : size(stats.memoryBytes),
  size(stats.memoryLimitBytes),
  stats.guest === null ? '-' : size(stats.guest.usedBytes),
  stats.diskBytes === null ? '-' : size(stats.diskBytes),
  stats.guest === null ? '-' : String(stats.guest.processes),
];

function cpuShare(before: MachineStats | undefined, now: MachineStats): number | null {
  if (!before || before.cpuMs === null || now.cpuMs === null || now.at <= before.at) return null;
  return (now.cpuMs - before.cpuMs) / (now.at - before.at);
}
