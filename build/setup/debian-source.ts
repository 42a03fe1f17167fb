/**
 * The source archives of Debian packages, which anyone may fetch: apt works with folders of its own in the cache, and
 * the system's sources and lists stay as they are. Apt itself checks what it got against Debian's signature.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { aptGet, readSources, releaseName } from './apt.ts';
import { type SourceFile, sourceCodeSource, sourceCodeSources } from './backports.ts';

/** The newest that was fetched, or the one that MVM_QEMU_SOURCE (MVM_NAME_SOURCE) names. */
export function findArchive(cache: string, name: string): string | null {
  const named = process.env[`MVM_${name.toUpperCase()}_SOURCE`];
  if (named) return existsSync(named) ? named : null;
  const folder = sourcesFolder(cache);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const archives = names.filter((each) => each.startsWith(`${name}_`) && each.includes('.orig.tar.'));
  const [newest] = archives.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return newest ? join(folder, newest) : null;
}

/** What was fetched, and what was put there by hand. */
export const sourcesFolder = (cache: string): string => join(cache, 'sources');

/** `backportsOf` is the release that has a version which serves only in its backports. */
export async function fetchArchive(
  cache: string,
  { name, backportsOf }: { name: string; backportsOf?: string },
  say: (text: string) => void,
): Promise<void> {
  const release = releaseName();
  const suite = release === backportsOf ? `${release}-backports` : release;
  await fetchWith(cache, {
    sources: () => [sourceCodeSource(readSources(), release, suite)],
    wanted: [name],
    options: ['--tar-only'],
    say,
  });
}

export interface SourcePackage {
  /** as Debian names the source */
  name: string;
  version: string;
}

/** Whole source packages, with the `.dsc` that has their digests, from whichever suite of this release has them. */
export async function fetchPackages(
  cache: string,
  packages: SourcePackage[],
  say: (text: string) => void,
): Promise<void> {
  await fetchWith(cache, {
    sources: () => sourceCodeSources(readSources(), releaseName()),
    wanted: packages.map(({ name, version }) => `${name}=${version}`),
    options: ['--only-source'],
    say,
  });
}

/** What an installed package was compiled from: its own source, and those of what was linked into it. */
export function sourcePackagesOf(binary: string): SourcePackage[] {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills them in
  const fields = '${source:Package} (= ${source:Version}), ${Built-Using}, ${Static-Built-Using}';
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', fields, binary], { encoding: 'utf8' });
  if (status !== 0) return [];
  return [...stdout.matchAll(/(\S+) \(= ([^)]+)\)/g)].map(([, name = '', version = '']) => ({ name, version }));
}

interface Fetch {
  sources(): SourceFile[];
  wanted: string[];
  /** of `apt-get source` */
  options: string[];
  say(text: string): void;
}

/** Its caller holds the set-up's lock, so that what is unfinished was left by one that was interrupted. */
async function fetchWith(cache: string, { sources, wanted, options, say }: Fetch): Promise<void> {
  const folder = sourcesFolder(cache);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder).filter((each) => each.startsWith(UNFINISHED)))
    rmSync(join(folder, name), { recursive: true, force: true });
  const work = mkdtempSync(join(folder, UNFINISHED));
  try {
    for (const place of ['parts', 'lists/partial', 'archives/partial', 'got'])
      mkdirSync(join(work, place), { recursive: true });
    for (const { name, text } of sources()) writeFileSync(join(work, 'parts', name), text);
    const settings = settingsFor(work);
    await aptGet([...settings, 'update'], () => say('reads the source lists'));
    const got = join(work, 'got');
    await aptGet([...settings, 'source', '--download-only', ...options, ...wanted], say, got);
    for (const file of readdirSync(got)) renameSync(join(got, file), join(folder, file));
  } catch (cause) {
    throw new MvmError('source.not-fetched', `not fetched from Debian: the source of ${wanted.join(', ')}`, {
      hint: `${hintOf(cause)}What came another way, old versions from https://snapshot.debian.org, can be put into ${folder}.`,
      cause,
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const UNFINISHED = 'unfinished-';

const hintOf = (error: unknown): string => (error instanceof MvmError && error.hint ? `${error.hint}\n` : '');

function settingsFor(work: string): string[] {
  const settings = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': join(work, 'parts'),
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::Cache': work,
    // Root's apt would work as another user, who may not be let into the cache.
    'APT::Sandbox::User': 'root',
    // Without it, apt goes on without lists that it could not read and then knows no source.
    'APT::Update::Error-Mode': 'any',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}
