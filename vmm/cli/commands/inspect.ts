import { call } from '../../client/connect.ts';
import { MvmError } from '../../contract/errors.ts';
import type { Image, Machine } from '../../contract/types.ts';
import { ANY, type Context, defineCommand, jsonOption } from '../command.ts';
import { formatOption } from '../format-option.ts';
import { printError, printJson } from '../output.ts';
import { roomOf, writeLines } from '../table.ts';

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Show all that is known of machines or images, as JSON',
  words: 'MACHINE|IMAGE...',
  count: { least: 1, most: ANY },
  options: { format: { ...formatOption, short: 'f' }, json: jsonOption },
  notes: [
    "TEMPLATE is a Go template as docker's. It finds the fields of our JSON by our names ('{{.state.name}}') and, beside them, docker's by docker's: '{{.State.Status}}', '{{.Config.Image}}', '{{json .NetworkSettings.Ports}}'.",
  ],
  examples: ['inspect web', "inspect --format '{{.State.ExitCode}}' web"],
  async handle(context, { format }, words) {
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
    if (!format) printJson(context.stdout, found);
    else await printViews(context, format, found);
    return failed ? 125 : 0;
  },
});

async function printViews({ stdout }: Context, format: string, found: (Machine | Image)[]): Promise<void> {
  const { formatted } = await import('../format.ts');
  const { machineView } = await import('../docker/machine-view.ts');
  const { imageView } = await import('../docker/image-view.ts');
  const views = found.map((each) => ('spec' in each ? machineView(each) : imageView(each)));
  const lines = formatted(format, views, {}, roomOf(stdout));
  if (lines) writeLines(stdout, lines);
  else printJson(stdout, found);
}

/** A machine, or else an image. */
async function lookUp(context: Context, word: string): Promise<Machine | Image> {
  try {
    return await call(context.service, 'machine', { machine: word });
  } catch (error) {
    if (!(error instanceof MvmError && error.code === 'machine.not-found')) throw error;
    const { images } = await call(context.service, 'images', {});
    const image = images.find(({ reference, digest }) => reference === word || digest === word);
    if (image) return image;
    throw new MvmError(error.code, `there is no machine or image '${word}'`, error.hint ? { hint: error.hint } : {});
  }
}
