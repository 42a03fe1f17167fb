/**
 * `mvm-VERSION-sources.tar`: the exact source of every shipped part whose terms ask for it, and mvm's own, which has the
 * configurations, edits and recipes that built them.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { digestOfFile } from '../cached.ts';
import { fetchPackages, type SourcePackage, sourcesFolder } from '../setup/debian-source.ts';
import { type Listed, readList } from './licences.ts';
import type { Source } from './origins.ts';
import { readMe } from './sources-read-me.ts';

export interface SourcesOptions {
  root: string;
  cache: string;
  /** the parts of a package: what is shipped */
  parts: string;
  out: string;
  say(text: string): void;
}

/** An archive of ours has a name alone, Debian's packages have several files. */
export interface Found {
  source: Source;
  files: { path: string; sha256: string }[];
}

/** mvm's own source: what is beside it in a checkout was brought or built. */
const OWN = [
  ...['LICENSE', 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'mvm'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'build', 'electron', 'images', 'renderer', 'vmm'],
];

/** Fetches what is lacking, under the set-up's lock. @throws MvmError `package.no-source` naming what cannot be had */
export async function packageSources({ root, cache, parts, out, say }: SourcesOptions): Promise<string> {
  const listed = listOf(parts);
  const found = await findAll(listed, cache, say);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const name = `mvm-${version}-sources`;
  const place = join(out, name);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, 'archives'), { recursive: true });
  const files = found.flatMap((each) => each.files);
  for (const { path } of files) cpSync(path, join(place, 'archives', basename(path)));
  writeFileSync(join(place, 'archives', 'SHA256SUMS'), files.map(sumLine).toSorted().join(''));
  for (const part of OWN) cpSync(join(root, part), join(place, 'mvm', part), { recursive: true });
  writeFileSync(join(place, 'README.md'), readMe(version, listed, found));
  const tar = join(out, `${name}.tar`);
  execFileSync('tar', ['-cf', tar, '-C', out, '--sort=name', '--owner=0', '--group=0', '--numeric-owner', name]);
  rmSync(place, { recursive: true });
  return tar;
}

const sumLine = ({ path, sha256 }: Found['files'][number]): string => `${sha256}  ${basename(path)}\n`;

function listOf(parts: string): Listed[] {
  const folder = join(parts, 'licences');
  if (existsSync(folder)) return readList(folder).filter(({ sources }) => sources.length > 0);
  throw new MvmError('package.not-made', 'there is no package yet whose sources these could be', {
    hint: 'Package first, then its sources.',
  });
}

async function findAll(listed: Listed[], cache: string, say: SourcesOptions['say']): Promise<Found[]> {
  const sources = listed.flatMap((each) => each.sources);
  const unique = [...new Map(sources.map((source) => [JSON.stringify(source), source])).values()];
  const lacking = unique.filter(
    (source): source is SourcePackage => 'version' in source && !existsSync(descriptionOf(source, cache)),
  );
  if (lacking.length > 0) await fetchPackages(cache, lacking, say);
  const found: Found[] = [];
  for (const source of unique)
    found.push({
      source,
      files: 'version' in source ? await filesOf(source, cache) : [await archiveOf(source, cache)],
    });
  return found;
}

/** Debian's description of a source package; its name is without the version's epoch. */
const descriptionOf = ({ name, version }: SourcePackage, cache: string): string =>
  join(sourcesFolder(cache), `${name}_${version.replace(/^\d+:/, '')}.dsc`);

/** The description, and the files whose digests stand in it. */
async function filesOf(source: SourcePackage, cache: string): Promise<Found['files']> {
  const description = descriptionOf(source, cache);
  const [, sums = ''] = readFileSync(description, 'utf8').match(/^Checksums-Sha256:((\n .+)+)/m) ?? [];
  const named = [...sums.matchAll(/(\w{64}) \d+ (\S+)/g)].map(([, sha256 = '', name = '']) => ({
    path: join(sourcesFolder(cache), basename(name)),
    sha256,
  }));
  for (const { path, sha256 } of named)
    if (!existsSync(path) || (await digestOfFile(path)) !== sha256) throw notTheSame(source, basename(path), cache);
  return [{ path: description, sha256: await digestOfFile(description) }, ...named];
}

/** Wherever the set-up takes it from: the one that the part was built from has the same digest. */
async function archiveOf(source: { name: string; sha256: string }, cache: string): Promise<Found['files'][number]> {
  const { name, sha256 } = source;
  const named = process.env[`MVM_${name.toUpperCase()}_SOURCE`] ?? '';
  const places = [named, `${sourcesFolder(cache)}/${name}[-_]*.tar.*`, `/usr/src/${name}-source-*.tar.*`];
  for (const path of places.flatMap((place) => globSync(place)))
    if ((await digestOfFile(path)) === sha256) return { path, sha256 };
  throw notTheSame(source, `${name} of the SHA-256 ${sha256}`, cache);
}

function notTheSame({ name }: Source, wanted: string, cache: string): MvmError {
  return new MvmError('package.no-source', `the source of ${name} that was built from is not there: ${wanted}`, {
    hint: `Put it into ${sourcesFolder(cache)}, or remove what is there of ${name} and call ./mvm --set-up-only.`,
  });
}
