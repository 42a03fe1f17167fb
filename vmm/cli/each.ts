/** One action on several machines: each is tried, the names of those that worked are printed, failures do not hide. */
import type { Machine } from '../contract/types.ts';
import type { Context } from './command.ts';
import { printError, printJson } from './output.ts';

export async function forEachMachine(
  context: Context,
  references: string[],
  json: boolean,
  /** null: it is done, and of the machine nothing can be told any more */
  act: (reference: string) => Promise<Machine | null>,
): Promise<number> {
  const results = await Promise.allSettled(references.map(act));
  const done: Machine[] = [];
  for (const [index, result] of results.entries()) {
    if (result.status === 'rejected') printError(context, result.reason);
    else if (json) done.push(...(result.value ? [result.value] : []));
    else context.stdout.write(`${references[index]}\n`);
  }
  if (json) printJson(context.stdout, done);
  return results.some(({ status }) => status === 'rejected') ? 125 : 0;
}
