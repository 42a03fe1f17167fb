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
    const results = await Promise.allSettled(
      words.map(async (machine) => known(machine, await call(context.service, 'wait', { machine }))),
    );
    const ends: MachineEnd[] = [];
    for (const result of results) {
      if (result.status === 'rejected') printError(context, result.reason);
      else if (json) ends.push(result.value);
      else context.stdout.write(`${result.value.exit?.code}\n`);
    }
    if (json) printJson(context.stdout, ends);
    return results.some(({ status }) => status === 'rejected') ? 125 : 0;
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
