import { randomBytes } from 'node:crypto';
import { ANY, defineCommand } from '../command.ts';
import { environment, programOptions, runProgram } from '../run-program.ts';
import { terminalSize } from '../tty.ts';

export const exec = defineCommand({
  name: 'exec',
  summary: 'Run a further program in a running machine',
  words: 'MACHINE COMMAND [ARG...]',
  count: { least: 2, most: ANY },
  machines: ['running'],
  endAtFirstWord: true,
  options: { ...programOptions, json: { kind: 'flag', help: 'Print what --timing or --detach says as JSON' } },
  notes: ['With -it, ctrl-p ctrl-q leaves the program running: mvm sessions lists it, mvm attach comes back to it.'],
  examples: ['exec web ps', 'exec -it web sh'],
  async handle(context, values, [machine = '', ...command]) {
    const request = {
      id: randomBytes(16).toString('hex'),
      command,
      env: environment(values, context.env),
      cwd: values.workdir,
      user: values.user,
      tty: values.tty,
      stdin: values.interactive,
      size: values.tty ? terminalSize(context.stdout) : null,
      detach: values.detach,
    };
    const { timing, json, 'detach-keys': keys } = values;
    const { id: session, tty, stdin, detach } = request;
    const first = { type: 'exec', request } as const;
    const asked = { stream: 'exec', input: { machine }, first, session, tty, stdin, detach } as const;
    return runProgram(context, asked, { timing, json, keys });
  },
});
