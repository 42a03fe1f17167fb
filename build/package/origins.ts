/**
 * Which source exactly a shipped part was made from: the build.json beside what we compiled has its digest, and dpkg
 * knows of what Debian compiled its version.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SourcePackage, sourcePackagesOf } from '../setup/debian-source.ts';

/** An archive that we compiled, or a source package that Debian did. */
export type Source = { name: string; sha256: string } | SourcePackage;

/** What has a build.json: its folder, null when it is not shipped or came without one. */
export type Builds = Record<'kernel' | 'engine' | 'baseImage', string | null>;

export type Origin = { build: keyof Builds } | { debian: readonly string[] };

/** None when it is not known. */
export function sourcesOf(origin: Origin, builds: Builds): Source[] {
  if ('debian' in origin)
    return origin.debian.map((name) => sourcePackagesOf(name)).find((sources) => sources.length > 0) ?? [];
  const file = join(builds[origin.build] ?? '', 'build.json');
  return existsSync(file) ? RECORDS[origin.build](JSON.parse(readFileSync(file, 'utf8'))) : [];
}

const RECORDS: Record<keyof Builds, (inputs: Record<string, string>) => Source[]> = {
  kernel: ({ source }) => archive('linux', source),
  engine: ({ qemu, slirp }) => [...archive('qemu', qemu), ...archive('libslirp', slirp)],
  baseImage: ({ sources = '' }) =>
    [...sources.matchAll(/(\S+)=(\S+)/g)].map(([, name = '', version = '']) => ({ name, version })),
};

const archive = (name: string, sha256: string | undefined): Source[] => (sha256 ? [{ name, sha256 }] : []);
