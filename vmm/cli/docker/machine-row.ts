/** A machine as a row of `docker ps`, for `ps --format`. */
import { portText } from '../../contract/ports.ts';
import type { Machine } from '../../contract/types.ts';
import { formatted } from '../format.ts';
import { fields } from '../template/values.ts';
import { dateText, humanDuration } from './amounts.ts';
import { dockerState, statusText } from './state.ts';
import { MACHINE_TITLES } from './titles.ts';

interface Shown {
  /** ids and command lines in full */
  whole: boolean;
  now: number;
}

/** Null when the format asks for the command's own table. */
export const machineLines = (format: string, machines: Machine[], shown: Shown, room: number): string[] | null =>
  formatted(
    format,
    machines.map((machine) => machineRow(machine, shown)),
    MACHINE_TITLES,
    room,
  );

const COMMAND_LENGTH = 20;

function machineRow(machine: Machine, { whole, now }: Shown): object {
  const { id, name, spec, state, created, ports } = machine;
  const command = spec.process.argv.join(' ');
  const row: Record<keyof typeof MACHINE_TITLES, string> = {
    ID: whole ? id : id.slice(0, 12),
    Names: name,
    Image: spec.image,
    Command: `"${whole || command.length <= COMMAND_LENGTH ? command : `${command.slice(0, COMMAND_LENGTH - 1)}…`}"`,
    CreatedAt: dateText(created),
    RunningFor: `${humanDuration(now - created)} ago`,
    State: dockerState(state),
    Status: statusText(state, now),
    Ports: isOpen(machine) ? ports.map(portText).join(', ') : '',
    Labels: labelText(spec.labels),
    Networks: spec.network,
    Mounts: spec.tmpfs.map(({ path }) => path).join(','),
  };
  return fields({ ...row, Label: (key: unknown) => spec.labels[String(key)] ?? '' });
}

export const labelText = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');

/** What does not run listens nowhere. */
export const isOpen = ({ state }: Machine): boolean => ['running', 'paused', 'stopping'].includes(state.name);
