/** What a command is: its arguments, help, example and handler, declared in one file each. */
import type { ServiceOptions } from '../client/connect.ts';
import type { OptionTable, Values } from './arguments.ts';

export interface Context {
  service: ServiceOptions;
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

export interface Command<Table extends OptionTable = OptionTable> {
  name: string;
  summary: string;
  /** the words after the options, `IMAGE [COMMAND [ARG...]]` */
  words: string;
  /** how many words it takes */
  count: { least: number; most: number };
  options: Table;
  /** the first word ends the options */
  endAtFirstWord?: boolean;
  /** what is worth knowing beyond the options */
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
