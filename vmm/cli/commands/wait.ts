import { call } from '../../client/connect.ts';
import { MvmError } from '../../contract/errors.ts';
import type { MachineEnd } from '../../contract/types.ts';
import { ANY, defineCommand, jsonOption } from '../command.ts';
import { printError, printJson } from '../output.ts';

export const wait = defineCommand({
  name: 'wait',
  summary: 'Wait until the programs of machines have ended, and print their exit codes',
  words: 'MACHINE...',
  count: { least: 1, most: ANY },
  machines: ['running', 'paused', 'starting', 'stopping'],
  options: { json: jsonOption },
  notes: ['Exit code: 0 when every end is known, whatever the programs’ own codes are.'],
  examples: ['wait web'],
  async handle(context, { json }, words) {
    const waits = words.map(async (machine) => known(machine, await call(context.service, 'wait', { machine })));
    // Each is told in its turn, and may fail before that.
    for (const wait of waits) wait.catch(() => undefined);
    const ends: MachineEnd[] = [];
    for (const wait of waits) {
      try {
        const end = await wait;
        ends.push(end);
        if (!json) context.stdout.write(`${end.exit?.code}\n`);
      } catch (error) {
        printError(context, error);
      }
    }
    if (json) printJson(context.stdout, ends);
    return ends.length < words.length ? 125 : 0;
  },
});

/** @throws MvmError as the machine failed, or `machine.never-ran` */
function known(machine: string, end: MachineEnd): MachineEnd {
  if (end.exit) return end;
  const { code, message, hint } = end.error ?? {
    code: 'machine.never-ran',
    message: `machine ${machine} has not run yet`,
    hint: `mvm start ${machine}`,
  };
  throw new MvmError(code, message, hint === undefined ? {} : { hint });
}
