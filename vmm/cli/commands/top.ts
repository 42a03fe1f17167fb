import { call } from '../../client/connect.ts';
import type { GuestProcessInfo } from '../../contract/types.ts';
import { defineCommand, jsonOption } from '../command.ts';
import { printJson } from '../output.ts';
import { type Column, table } from '../table.ts';

export const top = defineCommand({
  name: 'top',
  summary: 'List the processes of a running machine',
  words: 'MACHINE',
  count: { least: 1, most: 1 },
  machines: ['running'],
  options: { json: jsonOption },
  notes: ["Numbers are those of the machine's own programs: kill in it means the same ones."],
  examples: ['top web'],
  async handle(context, { json }, [machine = '']) {
    const { processes } = await call(context.service, 'top', { machine });
    if (json) printJson(context.stdout, processes);
    else table(context.stdout, COLUMNS, processes.map(row));
    return 0;
  },
});

const COLUMNS: (string | Column)[] = ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', { title: 'CMD', least: 12 }];

const row = ({ user, pid, ppid, cpuPercent, started, tty, cpuMs, command }: GuestProcessInfo): string[] => [
  user,
  String(pid),
  String(ppid),
  String(cpuPercent),
  startTime(started, Date.now()),
  tty ?? '?',
  cpuTime(cpuMs),
  command,
];

/** As ps has it: the time of day, or of what is older the day. */
function startTime(started: number, now: number): string {
  const at = new Date(started);
  if (now - started < 24 * 3_600_000) return at.toTimeString().slice(0, 5);
  return `${at.toLocaleString('en', { month: 'short' })}${String(at.getDate()).padStart(2, '0')}`;
}

function cpuTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
