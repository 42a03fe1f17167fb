/** A reading as a row of `docker stats`, for `stats --format`. */
import type { MachineStats } from '../../contract/types.ts';
import { formatted } from '../format.ts';
import { fields } from '../template/values.ts';
import { binarySize } from './amounts.ts';
import { STATS_TITLES } from './titles.ts';

export interface Reading {
  stats: MachineStats;
  /** share of one host CPU, null where it is not known */
  cpu: number | null;
}

/** Null when the format asks for the command's own table. */
export const statsLines = (format: string, readings: Reading[], room: number): string[] | null =>
  formatted(format, readings.map(statsRow), STATS_TITLES, room);

function statsRow({ stats, cpu }: Reading): object {
  const { machine, name, memoryBytes, memoryLimitBytes, diskBytes, guest } = stats;
  const row: Record<keyof typeof STATS_TITLES, string> = {
    Container: machine.slice(0, 12),
    ID: machine.slice(0, 12),
    Name: name,
    CPUPerc: cpu === null ? '--' : `${(100 * cpu).toFixed(2)}%`,
    MemUsage: `${memoryBytes === null ? '--' : binarySize(memoryBytes)} / ${binarySize(memoryLimitBytes)}`,
    MemPerc: memoryBytes === null ? '--' : `${((100 * memoryBytes) / memoryLimitBytes).toFixed(2)}%`,
    PIDs: guest === null ? '--' : String(guest.processes),
    Disk: diskBytes === null ? '--' : binarySize(diskBytes),
  };
  return fields(row);
}
