import { resolve } from 'node:path';
import { call } from '../../client/connect.ts';
import { importImages } from '../../client/import-image.ts';
import { MvmError } from '../../contract/errors.ts';
import type { Image } from '../../contract/types.ts';
import { ANY, type Context, defineCommand, jsonOption } from '../command.ts';
import { printError, printJson } from '../output.ts';
import { progressLine } from '../progress.ts';
import { table } from '../table.ts';
import { size, span } from '../units.ts';

export const images = defineCommand({
  name: 'images',
  summary: 'List, import and remove images',
  words: '[ls | import PATH [REFERENCE] | rm IMAGE...]',
  count: { least: 0, most: ANY },
  options: { json: jsonOption },
  notes: [
    'PATH is a docker-archive (docker save, podman save), an oci-archive (skopeo, buildah) or an OCI layout folder;',
    'archives may be compressed with gzip or zstd. All images in it are imported, under all their names; REFERENCE',
    'names the only one, or chooses one of several.',
  ],
  examples: ['images', 'images import ./alpine.tar.gz alpine:3.20', 'images rm alpine:3.20'],
  async handle(context, { json }, [verb = 'ls', ...words]) {
    if (verb === 'ls' && words.length === 0) return list(context, json);
    if (verb === 'import' && (words.length === 1 || words.length === 2)) return importAll(context, json, words);
    if (verb === 'rm' && words.length > 0) return remove(context, json, words);
    throw new MvmError('usage', `mvm images does not take '${[verb, ...words].join(' ')}'`, {
      hint: "'mvm images --help' shows how.",
    });
  },
});

async function list(context: Context, json: boolean): Promise<number> {
  const found = (await call(context.service, 'images', {})).images;
  if (json) printJson(context.stdout, found);
  else table(context.stdout, COLUMNS, found.map(row));
  return 0;
}

const COLUMNS = [
  { title: 'IMAGE', least: 16 },
  'PLATFORM',
  { title: 'SIZE', right: true },
  { title: 'DISK', right: true },
  'CREATED',
  { title: 'DIGEST', least: 8 },
];

const row = (image: Image): string[] => [
  image.reference ?? '-',
  `${image.platform.os}/${image.platform.architecture}`,
  size(image.bytes),
  image.diskBytes === null ? '-' : size(image.diskBytes),
  `${span(Date.now() - image.created)} ago`,
  image.digest.slice(0, 19),
];

async function importAll(context: Context, json: boolean, [path = '', reference]: string[]): Promise<number> {
  const input = { path: resolve(path), ...(reference !== undefined && { reference }) };
  const progress = progressLine(context);
  const shown = importImages(context.service, input, (message) => progress.show(message));
  const images = await shown.finally(() => progress.clear());
  if (json) printJson(context.stdout, images);
  else for (const image of images) context.stdout.write(`${image.reference ?? image.digest}\n`);
  return 0;
}

async function remove(context: Context, json: boolean, words: string[]): Promise<number> {
  const removed: Image[] = [];
  let failed = false;
  for (const image of words) {
    try {
      removed.push(await call(context.service, 'removeImage', { image }));
      if (!json) context.stdout.write(`${image}\n`);
    } catch (error) {
      printError(context, error);
      failed = true;
    }
  }
  if (json) printJson(context.stdout, removed);
  return failed ? 125 : 0;
}
