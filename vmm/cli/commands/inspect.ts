import { call } from '../../client/connect.ts';
import { MvmError } from '../../contract/errors.ts';
import type { Image, Machine } from '../../contract/types.ts';
import { ANY, type Context, defineCommand, jsonOption } from '../command.ts';
import { printError, printJson } from '../output.ts';

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Show all that is known of machines or images, as JSON',
  words: 'MACHINE|IMAGE...',
  count: { least: 1, most: ANY },
  options: { json: jsonOption },
  examples: ['inspect web'],
  async handle(context, _values, words) {
    const found: (Machine | Image)[] = [];
    let failed = false;
    for (const word of words) {
      try {
        found.push(await lookUp(context, word));
      } catch (error) {
        printError(context, error);
        failed = true;
      }
    }
    printJson(context.stdout, found);
    return failed ? 125 : 0;
  },
});

/** A machine, or else an image. */
async function lookUp(context: Context, word: string): Promise<Machine | Image> {
  try {
    return await call(context.service, 'machine', { machine: word });
  } catch (error) {
    if (!(error instanceof MvmError && error.code === 'machine.not-found')) throw error;
    const { images } = await call(context.service, 'images', {});
    const image = images.find(({ reference, digest }) => reference === word || digest === word);
    if (image) return image;
    throw error;
  }
}
