/** The command line: finds the command, reads its words, runs it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MvmError } from '../contract/errors.ts';
import { nearest } from '../contract/nearest.ts';
import { homeFolder } from '../paths.ts';
import { readArguments } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { commands, loadGroups } from './commands/index.ts';
import { commandHelp, helpColumns, overview } from './help.ts';
import { printError } from './output.ts';

/** Exit code of mvm's own failures, as docker's. */
const FAILURE = 125;

/** What docker calls otherwise. */
const ELSEWHERE: Record<string, string> = {
  rmi: 'images rm',
  image: 'images',
  load: 'images import',
  container: 'ps',
  unpause: 'resume',
  info: 'doctor',
  list: 'ps',
  create: 'run',
  pull: 'images import',
  import: 'images import',
  export: 'cp',
};

const context: Context = {
  get service() {
    return { home: homeFolder(process.env), entry: serviceEntry() };
  },
  env: process.env,
  // Asked for, it is opened: not for commands that do not read.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  json: false,
};

// A reader that went away ends the answer, quietly; what a program does then is its command's business.
let unwritten: NodeJS.ErrnoException | null = null;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || unwritten) return;
  unwritten = error;
  printError(context, new MvmError('output.failed', `stdout cannot be written: ${error.message}`));
  process.exitCode = FAILURE;
});
// There is nobody left to tell.
process.stderr.on('error', () => undefined);

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = unwritten ? FAILURE : code;
  },
  (error: unknown) => {
    printError(context, error);
    process.exitCode = exitCodeOf(error);
  },
);

async function main(args: string[]): Promise<number> {
  const name = args[0];
  context.json = args.includes('--json');
  if (name === undefined || name === '--help' || name === '-h') return help([]);
  if (name === 'help') return help(args.slice(1));
  if (name === '__complete') return (await import('./complete/answer.ts')).answerCompletion(context, args.slice(1));
  if (name === '--version' || name === '-v') return handle(await commandNamed('version'), args.slice(1));
  return handle(await commandNamed(name), args.slice(1));
}

async function help([name]: string[]): Promise<number> {
  const columns = helpColumns(context.stdout);
  if (name !== undefined) context.stdout.write(commandHelp(await commandNamed(name), columns));
  else context.stdout.write(overview(await loadGroups(), columns));
  return 0;
}

async function commandNamed(name: string): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load) return load();
  if (name.startsWith('-'))
    throw new MvmError('usage', `${name} stands before the command`, { hint: `Options come after it: mvm ps ${name}` });
  const meant = ELSEWHERE[name] ?? nearest(name, Object.keys(commands));
  throw new MvmError('usage', `there is no command '${name}'`, {
    hint: meant ? `Did you mean 'mvm ${meant}'?` : "'mvm --help' lists the commands.",
  });
}

async function handle(command: Command, args: string[]): Promise<number> {
  const { values, words, help, problem } = readArguments(args, command.options, {
    endAtFirstWord: command.endAtFirstWord ?? false,
  });
  context.json = Boolean(values.json);
  if (problem) throw problem;
  if (help) {
    context.stdout.write(commandHelp(command, helpColumns(context.stdout)));
    return 0;
  }
  const { least, most } = command.count;
  if (words.length < least || words.length > most) throw wrongCount(command, words);
  if ((command.endAtFirstWord ? words.slice(0, 1) : words).includes(''))
    throw new MvmError('usage', `mvm ${command.name} was given an empty word`, {
      hint: 'In a script: is a variable not set?',
    });
  return command.handle(context, values, words);
}

function wrongCount(command: Command, words: string[]): MvmError {
  const what = words.length < command.count.least ? `needs ${command.words}` : `does not take '${words.at(-1)}'`;
  return new MvmError('usage', `mvm ${command.name} ${what}`, { hint: `'mvm ${command.name} --help' shows how.` });
}

/** The program is there, or might be, but cannot run as it was asked to: as docker and podman have it. */
const CANNOT_BE_RUN = new Set(['exec.not-executable', 'exec.no-user', 'exec.no-cwd']);

function exitCodeOf(error: unknown): number {
  if (!(error instanceof MvmError)) return FAILURE;
  if (error.code === 'exec.not-found') return 127;
  return CANNOT_BE_RUN.has(error.code) ? 126 : FAILURE;
}

/** The service beside this bundle; run from source, the source's. */
function serviceEntry(): string {
  const bundled = fileURLToPath(new URL('./service.mjs', import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL('../service/main.ts', import.meta.url));
}
