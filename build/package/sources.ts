/** `mvm-VERSION-sources.tar`: for every shipped component whose terms ask for it, its source and how we built it. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';

export interface SourcesOptions {
  root: string;
  /** `licences/list.json` of what is shipped */
  list: string;
  /** a folder of source archives as `apt-get source --download-only` leaves them; the kernel's lies in /usr/src as well */
  archives: string;
  out: string;
}

/** Names of archives by the name that licences.ts gives a source. */
const ARCHIVES: Record<string, string[]> = {
  linux: ['linux-source-*.tar.*', 'linux_*.orig.tar.*'],
  qemu: ['qemu_*.orig.tar.*'],
};

/** Debian's own changes belong to what Debian compiled. */
const debianArchives = (source: string): string[] => [`${source}_*.orig.tar.*`, `${source}_*.debian.tar.*`];

/** Configurations, edits and recipes: what turned those sources into what is shipped. */
const RECIPES = ['build', 'images/systems', 'LICENSE', 'package.json'];

/** @throws MvmError `package.no-source` naming what is lacking */
export function packageSources({ root, list, archives, out }: SourcesOptions): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const name = `mvm-${version}-sources`;
  const place = join(out, name);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, 'archives'), { recursive: true });
  for (const source of sourcesIn(list))
    for (const path of archivesOf(source, archives)) cpSync(path, join(place, 'archives', basename(path)));
  for (const part of RECIPES) cpSync(join(root, part), join(place, 'recipes', part), { recursive: true });
  const tar = join(out, `${name}.tar`);
  execFileSync('tar', ['-cf', tar, '-C', out, '--sort=name', '--owner=0', '--group=0', '--numeric-owner', name]);
  rmSync(place, { recursive: true });
  return tar;
}

function sourcesIn(list: string): string[] {
  if (!existsSync(list))
    throw new MvmError('package.not-made', 'there is no package yet whose sources these could be', {
      hint: 'Package first, then its sources.',
    });
  const components = JSON.parse(readFileSync(list, 'utf8')) as { source: string | null }[];
  return [...new Set(components.flatMap(({ source }) => source ?? []))];
}

function archivesOf(source: string, folder: string): string[] {
  const patterns = ARCHIVES[source] ?? debianArchives(source);
  const places = source === 'linux' ? [folder, '/usr/src'] : [folder];
  const found = patterns.flatMap((pattern) => places.flatMap((place) => globSync(join(place, pattern))).slice(0, 1));
  const enough = ARCHIVES[source] ? found.length > 0 : found.length === patterns.length;
  if (enough) return found;
  throw new MvmError('package.no-source', `the source of ${source} is not in ${folder}`, {
    hint: `There, with Debian's source lists: apt-get source --download-only ${source}`,
  });
}
