import { call } from '../../client/connect.ts';
import { MvmError } from '../../contract/errors.ts';
import type { DoctorCheck } from '../../contract/types.ts';
import { type Context, defineCommand, jsonOption } from '../command.ts';
import { paints, printJson } from '../output.ts';
import { roomOf, writeLines } from '../table.ts';
import { wrap } from '../wrap.ts';

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Say what is well and what is wrong on this host',
  words: '',
  count: { least: 0, most: 0 },
  options: { json: jsonOption },
  notes: ['Exit code: 0 when machines can run, 1 when something must be mended first.'],
  examples: ['doctor'],
  async handle(context, { json }) {
    const checks = await diagnose(context);
    if (json) printJson(context.stdout, { checks });
    else for (const check of checks) print(context, check);
    return checks.some(({ status }) => status === 'fail') ? 1 : 0;
  },
});

/** A service that cannot even start is the first thing wrong. */
async function diagnose(context: Context): Promise<DoctorCheck[]> {
  try {
    return (await call(context.service, 'doctor', {})).checks;
  } catch (error) {
    if (!(error instanceof MvmError)) throw error;
    const { message: found, hint: fix } = error;
    return [{ name: 'service', status: 'fail', found, ...(fix !== undefined && { fix }) }];
  }
}

const MARKS = { ok: ['ok  ', 'green'], warn: ['note', 'yellow'], fail: ['FAIL', 'red'] } as const;
const INDENT = ' '.repeat(20);

/** Filled to a terminal's width; in a pipe a check is a line, and what mends it another. */
function print({ stdout, env }: Context, { name, status, found, fix }: DoctorCheck): void {
  const [mark, colour] = MARKS[status];
  const room = roomOf(stdout);
  const [first = '', ...rest] = wrap(INDENT + found, room, INDENT);
  const head = `${paints(stdout, env)[colour](mark)}  ${name.padEnd(12)}  `;
  writeLines(stdout, [head + first.trimStart(), ...rest, ...(fix ? wrap(INDENT + fix, room, INDENT) : [])]);
}
