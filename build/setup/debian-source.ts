/**
 * The source archives of Debian packages, which anyone may fetch: apt works with folders of its own in the cache, and
 * the system's sources and lists stay as they are. Apt itself checks what it got against Debian's signature.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptGet, readSources, releaseName } from './apt.ts';
import { sourceCodeSource } from './backports.ts';

/** The newest that was fetched, or the one that MVM_QEMU_SOURCE (MVM_NAME_SOURCE) names. */
export function findArchive(cache: string, name: string): string | null {
  const named = process.env[`MVM_${name.toUpperCase()}_SOURCE`];
  if (named) return existsSync(named) ? named : null;
  const folder = join(cache, FOLDER);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const archives = names.filter((each) => each.startsWith(`${name}_`) && each.includes('.orig.tar.'));
  const [newest] = archives.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return newest ? join(folder, newest) : null;
}

/** Below the cache. */
const FOLDER = 'sources';

/** `backportsOf` is the release that has a version which serves only in its backports. */
export async function fetchArchive(
  cache: string,
  { name, backportsOf }: { name: string; backportsOf?: string },
  say: (text: string) => void,
): Promise<void> {
  const folder = join(cache, FOLDER);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'unfinished-'));
  try {
    const release = releaseName();
    const source = sourceCodeSource(readSources(), release, release === backportsOf ? `${release}-backports` : release);
    for (const place of ['parts', 'lists/partial', 'archives/partial', 'got'])
      mkdirSync(join(work, place), { recursive: true });
    writeFileSync(join(work, 'parts', source.name), source.text);
    const options = foldersIn(work);
    await aptGet([...options, 'update'], () => say('reads the source lists'));
    const got = join(work, 'got');
    await aptGet([...options, 'source', '--download-only', '--tar-only', name], say, got);
    for (const file of readdirSync(got)) renameSync(join(got, file), join(folder, file));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function foldersIn(work: string): string[] {
  const settings = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': join(work, 'parts'),
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::Cache': work,
    // Root's apt would work as another user, who may not be let into the cache.
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}
