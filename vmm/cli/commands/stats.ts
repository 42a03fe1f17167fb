import { call } from '../../client/connect.ts';
import type { MachineStats } from '../../contract/types.ts';
import { ANY, type Context, defineCommand, jsonOption } from '../command.ts';
import { printJson } from '../output.ts';
import { type Column, table } from '../table.ts';
import { size } from '../units.ts';

/** How often the table is drawn again, ms. */
const EVERY_MS = 1_000;

export const stats = defineCommand({
  name: 'stats',
  summary: 'Show what machines take of this host, as it changes',
  words: '[MACHINE...]',
  count: { least: 0, most: ANY },
  options: { 'no-stream': { kind: 'flag', help: 'Print one table and end' }, json: jsonOption },
  notes: [
    'CPU is the engine’s share of one host CPU. MEMORY is what the host really holds for the machine (its proportional set size), beside what the guest was given; GUEST is what the guest itself has in use. DISK is the space that its own disk takes here. In a pipe, and with --json, one reading is printed.',
  ],
  examples: ['stats', 'stats --no-stream web'],
  async handle(context, values, words) {
    let before = await read(context, words);
    if (values.json) {
      printJson(context.stdout, before);
      return 0;
    }
    const live = context.stdout.isTTY && !values['no-stream'];
    for (;;) {
      // A share of CPU time needs two readings.
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      const now = await read(context, words);
      if (live) context.stdout.write('\x1b[H\x1b[J');
      table(context.stdout, COLUMNS, rows(before, now));
      if (!live) return 0;
      before = now;
    }
  },
});

const COLUMNS: Column[] = [
  { title: 'NAME', least: 8 },
  ...['CPU', 'MEMORY', 'GIVEN', 'GUEST', 'DISK', 'PROCESSES'].map((title) => ({ title, right: true })),
];

async function read(context: Context, words: string[]): Promise<MachineStats[]> {
  if (words.length === 0) return (await call(context.service, 'stats', {})).machines;
  const found = await Promise.all(words.map((machine) => call(context.service, 'stats', { machine })));
  return found.flatMap(({ machines }) => machines);
}

function rows(before: MachineStats[], now: MachineStats[]): string[][] {
  const earlier = new Map(before.map((each) => [each.machine, each]));
  return now.map((each) => [
    each.name,
    cpuShare(earlier.get(each.machine), each),
    each.memoryBytes === null ? '-' : size(each.memoryBytes),
    size(each.memoryLimitBytes),
    each.guest === null ? '-' : size(each.guest.usedBytes),
    each.diskBytes === null ? '-' : size(each.diskBytes),
    each.guest === null ? '-' : String(each.guest.processes),
  ]);
}

function cpuShare(before: MachineStats | undefined, now: MachineStats): string {
  if (!before || before.cpuMs === null || now.cpuMs === null || now.at <= before.at) return '-';
  return `${((100 * (now.cpuMs - before.cpuMs)) / (now.at - before.at)).toFixed(1)} %`;
}
