/** Help, from the declarations. */
import type { OptionTable } from './arguments.ts';
import type { Command } from './command.ts';

export function commandHelp(command: Command): string {
  const lines = [`${command.summary}.`, '', `Usage: mvm ${usage(command)}`];
  const options = optionLines(command.options);
  if (options.length > 0) lines.push('', 'Options:', ...options);
  if (command.notes) lines.push('', ...command.notes);
  lines.push('', command.examples.length > 1 ? 'Examples:' : 'Example:');
  lines.push(...command.examples.map((example) => `  mvm ${example}`));
  return `${lines.join('\n')}\n`;
}

const usage = (command: Command): string =>
  [command.name, Object.keys(command.options).length > 0 ? '[OPTIONS]' : '', command.words].filter(Boolean).join(' ');

function optionLines(table: OptionTable): string[] {
  const rows = Object.entries(table).map(([name, { short, value, help, kind }]) => {
    const long = `--${name}${value ? ` ${value}` : ''}`;
    return {
      left: `  ${short ? `-${short}, ` : '    '}${long}`,
      help: kind === 'list' ? `${help}; may be repeated` : help,
    };
  });
  const width = Math.max(0, ...rows.map(({ left }) => left.length));
  return rows.map(({ left, help }) => `${left.padEnd(width + 3)}${help}`);
}

export function overview(commands: Pick<Command, 'name' | 'summary'>[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'mvm runs programs of other operating systems in microVMs.',
    '',
    'Usage: mvm COMMAND [OPTIONS] …',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width + 3)}${summary}`),
    '',
    "'mvm COMMAND --help' tells more of one.",
    '',
    'Example:',
    '  mvm run linux -- uname -a',
    '',
  ].join('\n');
}
