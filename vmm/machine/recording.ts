/** The record of what a machine's own program printed, while there is one. */
import { existsSync } from 'node:fs';
import { type HomePaths, machinePaths } from '../paths.ts';
import { OutputLog } from './output-log.ts';
import type { MachineRecord } from './record.ts';

export class Recording {
  readonly #path: string;
  readonly #record: MachineRecord;
  #log: OutputLog | null = null;

  constructor(paths: HomePaths, record: MachineRecord) {
    this.#path = machinePaths(paths, record.machine.id).output;
    this.#record = record;
  }

  get log(): OutputLog | null {
    return this.#log;
  }

  /** What an ephemeral machine prints in no terminal goes to its client alone, until somebody else may want it. */
  beginIfKept(from: MachineRecord['logFrom']): void {
    const { ephemeral, process } = this.#record.machine.spec;
    if (!ephemeral || !this.#record.foreground || process.tty || existsSync(this.#path)) this.begin(from);
  }

  /** @param from where in the file the program's output begins; null: behind what earlier runs printed */
  begin(from: MachineRecord['logFrom']): OutputLog {
    this.#log = new OutputLog(this.#path, from ?? 'end');
    this.#record.logFrom = this.#log.from;
    return this.#log;
  }

  close(): void {
    this.#log?.close();
    this.#log = null;
  }
}
