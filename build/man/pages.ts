/** The manual: a page for mvm and one for each of its commands, from the declarations that the help comes from. */
import type { OptionSpec } from '../../vmm/cli/arguments.ts';
import type { Command } from '../../vmm/cli/command.ts';
import { optionHelp, usage, valueName } from '../../vmm/cli/help.ts';
import { bold, escaped, example, item, paragraphs, section, subsection, title, usageText } from './roff.ts';

export interface Group {
  title: string;
  commands: Command[];
}

export interface Edition {
  version: string;
  /** `2026-11-26` */
  date: string;
}

/** File name to contents. */
export function manual(groups: Group[], edition: Edition): Map<string, string> {
  const commands = groups.flatMap((group) => group.commands);
  const pages = new Map([['mvm.1', mainPage(groups, edition)]]);
  for (const command of commands) pages.set(`mvm-${command.name}.1`, commandPage(command, edition));
  return pages;
}

function commandPage(command: Command, { version, date }: Edition): string {
  const options = Object.entries(command.options);
  return page([
    title(`mvm-${command.name}`, version, date),
    section('NAME'),
    `mvm\\-${escaped(command.name)} \\- ${escaped(lowerFirst(command.summary))}`,
    section('SYNOPSIS'),
    `${bold('mvm')} ${usageText(usage(command))}`,
    section('DESCRIPTION'),
    ...paragraphs([`${command.summary}.`, ...(command.notes ?? [])]),
    ...(options.length > 0 ? [section('OPTIONS')] : []),
    ...options.flatMap(([name, spec]) => item(optionTerm(name, spec), `${optionHelp(spec)}.`)),
    section('EXAMPLES'),
    ...example(command.examples.map((line) => `mvm ${line}`)),
    section('SEE ALSO'),
    `${bold('mvm')}(1)`,
  ]);
}

function optionTerm(name: string, spec: OptionSpec): string {
  const value = valueName(spec);
  const short = spec.short === undefined ? '' : `${bold(`-${spec.short}`)}, `;
  return `${short}${bold(`--${name}`)}${value === '' ? '' : ` ${usageText(value)}`}`;
}

function mainPage(groups: Group[], { version, date }: Edition): string {
  return page([
    title('mvm', version, date),
    section('NAME'),
    'mvm \\- run programs of other operating systems in microVMs',
    section('SYNOPSIS'),
    `${bold('mvm')} ${usageText('COMMAND [OPTIONS]')} ...`,
    section('DESCRIPTION'),
    ...paragraphs(DESCRIPTION),
    section('COMMANDS'),
    ...groups.flatMap((group) => [
      subsection(group.title),
      ...group.commands.flatMap(({ name, summary }) => item(`${bold(`mvm-${name}`)}(1)`, `${summary}.`)),
    ]),
    section('EXIT STATUS'),
    ...EXIT.flatMap(([code, meaning]) => item(bold(code), meaning)),
    section('ENVIRONMENT'),
    ...ENVIRONMENT.flatMap(([name, meaning]) => item(bold(name), meaning)),
    section('EXAMPLES'),
    ...example(['mvm run linux -- uname -a', 'mvm run -it linux sh', 'echo hi | mvm run -i linux cat']),
    section('SEE ALSO'),
    groups
      .flatMap((group) => group.commands)
      .map(({ name }) => `${bold(`mvm-${name}`)}(1)`)
      .sort()
      .join(',\n'),
  ]);
}

const DESCRIPTION = [
  'Each run gets a machine of its own: a guest with its own kernel, started from an image in well under a second. What a program prints, its exit code and its signals are passed on as if it ran here.',
  'A run leaves nothing behind, unless -d or --name asks to keep its machine. One service for each user answers the command line; it starts by itself, survives being killed, and ends after a minute without machines and clients.',
  'Every command that prints data has --json. Colours and charts are for terminals alone. Failures are told on stderr, with what went wrong, why, and what next; with --json as one line of JSON.',
];

const EXIT: [string, string][] = [
  ['0', 'All went well.'],
  ['124', 'A program was ended by --timeout.'],
  ['125', 'mvm itself failed, or did not understand what it was asked.'],
  ['126, 127', 'The program cannot be executed, or was not found.'],
  ['other', "The program's own; 128 and the signal's number when a signal ended it."],
];

const ENVIRONMENT: [string, string][] = [
  ['MVM_HOME', 'The folder of images, machines and logs; by default ~/.local/share/mvm on Linux.'],
  ['NO_COLOR', 'When it is set and not empty, nothing is coloured.'],
  ['TERM', 'With dumb, nothing is drawn again in place, and nothing is coloured.'],
];

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const page = (lines: string[]): string => `${lines.join('\n')}\n`;
