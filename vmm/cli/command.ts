/** What a command is: its arguments, help, example and handler, declared in one file each. */
import type { ServiceOptions } from '../client/connect.ts';
import type { MachineState } from '../contract/types.ts';
import type { OptionTable, Values } from './arguments.ts';

export interface Context {
  service: ServiceOptions;
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  /** `--json` was given: answers and errors are JSON */
  json: boolean;
}

export interface Command<Table extends OptionTable = OptionTable> {
  name: string;
  summary: string;
  /** the words after the options, `IMAGE [COMMAND [ARG...]]`; completion reads it too: see complete/words.ts */
  words: string;
  /** how many words it takes */
  count: { least: number; most: number };
  options: Table;
  /** the first word ends the options */
  endAtFirstWord?: boolean;
  /** the states of machines that completion offers; all without it */
  machines?: MachineState['name'][];
  /** paragraphs on what is worth knowing beyond the options */
  notes?: string[];
  /** command lines, without the leading `mvm` */
  examples: string[];
  /** the exit code */
  handle(context: Context, values: Values<Table>, words: string[]): Promise<number>;
}

export const defineCommand = <const Table extends OptionTable>(command: Command<Table>): Command<Table> => command;

/** An option every command that prints data has. */
export const jsonOption = { kind: 'flag', help: 'Print JSON' } as const;

/** No bound on the number of words. */
export const ANY = Number.POSITIVE_INFINITY;
