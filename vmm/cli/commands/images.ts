import { resolve } from 'node:path';
import { call } from '../../client/connect.ts';
import { importImages } from '../../client/import-image.ts';
import { MvmError } from '../../contract/errors.ts';
import type { Image } from '../../contract/types.ts';
import { askAgain } from '../ask-again.ts';
import { ANY, type Context, defineCommand, jsonOption } from '../command.ts';
import { IMAGE_TITLES } from '../docker/titles.ts';
import { filter, filterOption, glob, hasLabel, type Test } from '../filter.ts';
import { formatNote, formatOption } from '../format-option.ts';
import { printError, printJson } from '../output.ts';
import { Progress } from '../progress.ts';
import { roomOf, table, writeLines } from '../table.ts';
import { size, span } from '../units.ts';

const tests: Record<string, Test<Image>> = {
  reference: (value) => {
    const fits = glob(value);
    // As docker's, a pattern without a tag is one for the name, and the tag that we leave out may be named.
    return ({ reference }) => {
      if (reference === null) return false;
      const name = reference.replace(/:[^:/]+$/, '');
      return fits(name) || fits(name === reference ? `${name}:latest` : reference);
    };
  },
  label: (value) => {
    const has = hasLabel(value);
    return ({ config }) => has(config.labels);
  },
  dangling: (value) => {
    if (value !== 'true' && value !== 'false') throw new MvmError('usage', '--filter: dangling is true or false');
    return ({ reference }) => (reference === null) === (value === 'true');
  },
};

export const images = defineCommand({
  name: 'images',
  summary: 'List, import and remove images',
  words: '[ls [IMAGE] | import PATH [REFERENCE] | rm IMAGE...]',
  count: { least: 0, most: ANY },
  options: {
    quiet: { kind: 'flag', short: 'q', help: 'Ids alone' },
    filter: filterOption(Object.keys(tests)),
    format: formatOption,
    'no-trunc': { kind: 'flag', help: 'Whole ids' },
    json: jsonOption,
  },
  notes: [
    'ls lists those alone whose name is IMAGE, under all their tags when it has none; it may be a pattern.',
    'PATH is a docker-archive (docker save, podman save), an oci-archive (skopeo, buildah) or an OCI layout folder; archives may be compressed with gzip or zstd. All images in it are imported, under all their names; REFERENCE names the only one, or chooses one of several.',
    'Filters have docker’s meaning: reference is a pattern such as alpine or *:3.*, label is KEY or KEY=VALUE, dangling is true for images without a name.',
    formatNote(IMAGE_TITLES, '{{.Repository}}:{{.Tag}}'),
  ],
  examples: [
    'images',
    "images --format '{{.Repository}}:{{.Tag}} {{.Size}}'",
    'images import ./alpine.tar.gz alpine:3.20',
    'images rm alpine:3.20',
  ],
  async handle(context, values, [verb = 'ls', ...words]) {
    const { json } = values;
    if (verb === 'ls' && words.length <= 1) return list(context, values, words[0]);
    if (verb === 'import' && (words.length === 1 || words.length === 2)) return importAll(context, json, words);
    if (verb === 'rm' && words.length > 0) return remove(context, json, words);
    throw new MvmError('usage', `mvm images does not take '${[verb, ...words].join(' ')}'`, {
      hint: "'mvm images --help' shows how.",
    });
  },
});

interface Wanted {
  quiet: boolean;
  filter: string[];
  format: string | null;
  'no-trunc': boolean;
  json: boolean;
}

async function list({ service, stdout }: Context, values: Wanted, reference?: string): Promise<number> {
  const filters = reference === undefined ? values.filter : [...values.filter, `reference=${reference}`];
  const found = filter((await call(service, 'images', {})).images, filters, { tests, every: ['label'] });
  const how = { whole: values['no-trunc'], now: Date.now() };
  const byTemplate = values.format === null ? null : await lines(stdout, values.format, found, how);
  if (values.json) printJson(stdout, found);
  else if (values.quiet) for (const { digest } of found) stdout.write(`${how.whole ? digest : digest.slice(0, 19)}\n`);
  else if (byTemplate) writeLines(stdout, byTemplate);
  else table(stdout, COLUMNS, found.map(row));
  return 0;
}

/** What carries out a template is loaded when there is one. */
async function lines(stdout: NodeJS.WriteStream, format: string, shown: Image[], how: How): Promise<string[] | null> {
  const { imageLines } = await import('../docker/image-row.ts');
  return imageLines(format, shown, how, roomOf(stdout));
}

interface How {
  whole: boolean;
  now: number;
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
  const progress = new Progress(context);
  const shown = importImages(context.service, input, (message) => progress.show(message));
  const images = await shown.finally(() => progress.end());
  if (json) printJson(context.stdout, images);
  else for (const image of images) context.stdout.write(`${image.reference ?? image.digest}\n`);
  return 0;
}

async function remove(context: Context, json: boolean, words: string[]): Promise<number> {
  const removed: Image[] = [];
  let failed = false;
  for (const image of words) {
    try {
      const done = await askAgain(() => call(context.service, 'removeImage', { image }));
      if (done) removed.push(done);
      if (!json) context.stdout.write(`${image}\n`);
    } catch (error) {
      printError(context, error);
      failed = true;
    }
  }
  if (json) printJson(context.stdout, removed);
  return failed ? 125 : 0;
}
