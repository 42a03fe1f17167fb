/** Derives sources of a Debian release from those that apt already has: same host, options, keys. */
import { MvmError } from '../../vmm/contract/errors.ts';

/** A file below /etc/apt: `sources.list`, `sources.list.d/NAME.list` (lines) or `sources.list.d/NAME.sources` (deb822). */
export interface SourceFile {
  name: string;
  text: string;
}

/**
 * What to write to /etc/apt/sources.list.d; `already there` when a source has the backports.
 * @throws MvmError `packages.no-source` when apt has no source of this release to derive it from
 */
export function backportsSource(files: SourceFile[], codename: string): SourceFile | 'already there' {
  const suite = `${codename}-backports`;
  if (sourcesIn(files).some(({ suites }) => suites.includes(suite))) return 'already there';
  return derive(files, codename, { suite, type: 'deb' });
}

/**
 * What lets apt fetch source code of a suite.
 * @throws MvmError `packages.no-source` as above
 */
export const sourceCodeSource = (files: SourceFile[], codename: string, suite: string): SourceFile =>
  derive(files, codename, { suite, type: 'deb-src' });

/** What lets apt fetch source code of every suite of a release that it has: updates, security, backports. */
export function sourceCodeSources(files: SourceFile[], codename: string): SourceFile[] {
  const isOfRelease = (suite: string): boolean => suite === codename || suite.startsWith(`${codename}-`);
  const found = sourcesIn(files).flatMap(({ suites, as }) =>
    suites.filter(isOfRelease).map((suite) => as({ suite, type: 'deb-src' })),
  );
  const texts = Map.groupBy(found, ({ name }) => name);
  return [...texts].map(([name, all]) => ({ name, text: all.map(({ text }) => text).join('\n') }));
}

function derive(files: SourceFile[], codename: string, wanted: Wanted): SourceFile {
  const sources = sourcesIn(files);
  const nearest = [wanted.suite, codename].map((suite) => sources.find(({ suites }) => suites.includes(suite)));
  const found = nearest.find((source) => source !== undefined);
  if (found) return found.as(wanted);
  throw new MvmError('packages.no-source', `apt has no source of Debian ${codename}`, {
    hint: `Add one to /etc/apt/sources.list, as sources.list(5) shows.`,
  });
}

interface Wanted {
  suite: string;
  type: 'deb' | 'deb-src';
}

interface Source {
  suites: string[];
  as(wanted: Wanted): SourceFile;
}

const sourcesIn = (files: SourceFile[]): Source[] =>
  files.flatMap(({ name, text }) => (name.endsWith('.sources') ? stanzas(text) : lines(text)));

/** `deb [options] URI suite components …`, see sources.list(5). */
function lines(text: string): Source[] {
  return [...text.matchAll(/^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#\n]*)/gm)].map(
    ([, options = '', uri = '', of = '', components = '']) => ({
      suites: [of],
      as: ({ suite, type }) => ({ name: LIST, text: `${type} ${options}${uri} ${suite} ${components.trim()}\n` }),
    }),
  );
}

/** Fields, an indented line continuing the one above it; stanzas are parted by empty lines. */
function stanzas(text: string): Source[] {
  return text
    .replace(/^#.*\n?/gm, '')
    .split(/\n\s*\n/)
    .map((stanza) => stanza.trim().match(/^\S+:.*(\n\s+.*)*/gm) ?? [])
    .filter((fields) => words(fields, 'types').includes('deb') && words(fields, 'enabled')[0] !== 'no')
    .map((fields) => ({
      suites: words(fields, 'suites'),
      as: ({ suite, type }) => ({
        name: SOURCES,
        text: [
          `Types: ${type}`,
          ...fields.filter((field) => !/^(types|suites):/i.test(field)),
          `Suites: ${suite}`,
          '',
        ].join('\n'),
      }),
    }));
}

function words(fields: string[], name: string): string[] {
  const field = fields.find((each) => each.toLowerCase().startsWith(`${name}:`)) ?? '';
  return field
    .slice(name.length + 1)
    .split(/\s+/)
    .filter(Boolean);
}

const LIST = 'mvm-backports.list';
const SOURCES = 'mvm-backports.sources';
