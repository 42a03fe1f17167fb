/** Help, from the declarations. */
import type { OptionSpec, OptionTable } from './arguments.ts';
import type { Command } from './command.ts';
import { wrap } from './wrap.ts';

/** Longer lines are no pleasure to read, however wide the terminal is. */
const LONGEST_LINE = 100;

export const helpColumns = (stream: NodeJS.WriteStream): number => Math.min(stream.columns || 80, LONGEST_LINE);

/** Lines of at most `columns` cells. */
export function commandHelp(command: Command, columns: number): string {
  const lines = [`${command.summary}.`, '', ...wrap(`Usage: mvm ${usage(command)}`, columns, ' '.repeat(11))];
  const options = optionLines(command.options, columns);
  if (options.length > 0) lines.push('', 'Options:', ...options);
  for (const paragraph of command.notes ?? []) lines.push('', ...wrap(paragraph, columns));
  lines.push('', command.examples.length > 1 ? 'Examples:' : 'Example:');
  lines.push(...command.examples.map((example) => `  mvm ${example}`));
  return `${lines.join('\n')}\n`;
}

export const usage = (command: Command): string =>
  [command.name, Object.keys(command.options).length > 0 ? '[OPTIONS]' : '', command.words].filter(Boolean).join(' ');

/** What an option's value is called, if it has one. */
export const valueName = ({ value, choices }: OptionSpec): string => value ?? choices?.join('|') ?? '';

/** What an option does, and that it may come again. */
export const optionHelp = ({ kind, help }: OptionSpec): string => (kind === 'list' ? `${help}; may be repeated` : help);

/** Wider than this and the help starts on a line of its own. */
const WIDEST_LEFT = 32;

function optionLines(table: OptionTable, columns: number): string[] {
  const rows = Object.entries(table).map(([name, spec]) => {
    const long = [`--${name}`, valueName(spec)].filter(Boolean).join(' ');
    return { left: `  ${spec.short ? `-${spec.short}, ` : '    '}${long}`, help: optionHelp(spec) };
  });
  const lengths = rows.map(({ left }) => left.length + 3).filter((length) => length <= WIDEST_LEFT);
  const indent = ' '.repeat(Math.max(0, ...lengths));
  return rows.flatMap(({ left, help }) => {
    const lines = wrap(indent + help, columns, indent);
    if (left.length + 3 > indent.length) return [left, ...lines];
    return [left.padEnd(indent.length) + lines[0]?.trimStart(), ...lines.slice(1)];
  });
}

export interface Group {
  title: string;
  commands: Pick<Command, 'name' | 'summary'>[];
}

export function overview(groups: Group[], columns: number): string {
  const width = Math.max(...groups.flatMap(({ commands }) => commands.map(({ name }) => name.length))) + 5;
  return [
    'mvm runs programs of other operating systems in microVMs.',
    '',
    'Usage: mvm COMMAND [OPTIONS] …',
    ...groups.flatMap(({ title, commands }) => [
      '',
      `${title}:`,
      ...commands.flatMap(({ name, summary }) =>
        wrap(`  ${name.padEnd(width - 2)}${summary}`, columns, ' '.repeat(width)),
      ),
    ]),
    '',
    "'mvm COMMAND --help' tells more of one.",
    '',
    'Example:',
    '  mvm run linux -- uname -a',
    '',
  ].join('\n');
}
