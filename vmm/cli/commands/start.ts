import { call } from '../../client/connect.ts';
import { MvmError } from '../../contract/errors.ts';
import { isLive } from '../../contract/live.ts';
import type { Machine } from '../../contract/types.ts';
import { ANY, type Context, defineCommand } from '../command.ts';
import { detachOption } from '../detach-keys.ts';
import { forEachMachine } from '../each.ts';
import { runProgram } from '../run-program.ts';
import { terminalSize } from '../tty.ts';
import { attach } from './attach.ts';

export const start = defineCommand({
  name: 'start',
  summary: 'Start kept machines again',
  words: 'MACHINE...',
  count: { least: 1, most: ANY },
  machines: ['created', 'stopped', 'failed'],
  options: {
    attach: { kind: 'flag', short: 'a', help: 'Show its output and wait for its end' },
    interactive: { kind: 'flag', short: 'i', help: 'Connect stdin as well' },
    'detach-keys': detachOption,
    json: { kind: 'flag', help: 'Print the machines as JSON' },
  },
  notes: [
    'Its disk is as it was when it ended; its program begins anew. One that runs already stays as it is, and is attached to with -a or -i.',
    "Exit code with -a or -i: the program's; 0 after the keys.",
  ],
  examples: ['start web', 'start -ai shell'],
  async handle(context, values, words) {
    const { attach: watch, interactive, json, 'detach-keys': keys } = values;
    if (!watch && !interactive)
      return forEachMachine(context, words, json, (machine) => call(context.service, 'start', { machine }));
    if (words.length > 1)
      throw new MvmError('usage', 'one machine alone can be attached to', { hint: 'Leave out -a and -i.' });
    if (json) throw new MvmError('usage', "with -a or -i the output is the program's own, not JSON");
    const machine = await call(context.service, 'machine', { machine: words[0] ?? '' });
    if (isLive(machine.state))
      return attach.handle(
        context,
        { 'detach-keys': keys, 'no-stdin': !interactive, 'sig-proxy': true, scrollback: null },
        [machine.id],
      );
    return startAttached(context, machine, interactive, keys);
  },
});

function startAttached(context: Context, { id, spec }: Machine, stdin: boolean, keys: string | null): Promise<number> {
  const { tty } = spec.process;
  const asked = {
    stream: 'startAttached',
    input: { machine: id },
    first: { type: 'start', size: tty ? terminalSize(context.stdout) : null },
    session: id,
    tty,
    stdin: stdin && spec.process.stdin,
    detach: false,
  } as const;
  return runProgram(context, asked, { timing: false, json: false, keys });
}
