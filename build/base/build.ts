/** Builds the base image `linux`, busybox and what a shell needs around it, as an oci-archive. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { cached, sha256 } from '../cached.ts';
import { sourcePackagesOf } from '../setup/debian-source.ts';
import { ociArchive } from './oci-archive.ts';
import { rootEntries } from './root.ts';

/** Debian packages without which the image cannot be built. */
export const basePackages = ['busybox-static'] as const;

export interface BuildOptions {
  cache: string;
  log: (text: string) => void;
}

/** The archive is made in memory, in some tens of ms, and its own digest is in its name in the cache. */
export async function buildBaseImage({ cache, log }: BuildOptions): Promise<{ archive: string; digest: string }> {
  const busybox = findBusybox();
  const archive = ociArchive({ entries: rootEntries(busybox), reference: 'linux', config });
  const { folder, digest } = await cached({
    cache,
    name: 'base-linux-amd64',
    inputs: { archive: sha256(archive), sources: busybox.sources },
    build: async ({ result }) => {
      log('packing busybox');
      await writeFile(join(result, FILE), archive);
    },
  });
  return { archive: join(folder, FILE), digest };
}

const FILE = 'linux.oci.tar';

const config = {
  Cmd: ['/bin/sh'],
  Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  WorkingDir: '/',
};

export interface Busybox {
  program: Buffer;
  /** paths of its applets, `bin/sh` for example */
  applets: string[];
  /** GPL-2.0's terms, which travel with the program */
  copyright: Buffer;
  /** `NAME=VERSION` of each source that it was compiled from; empty for one that is not Debian's */
  sources: string;
}

/** Debian 12 puts it into /bin, later releases into /usr/bin. */
const PLACES = ['/usr/bin/busybox', '/bin/busybox'];
const COPYRIGHT = '/usr/share/doc/busybox-static/copyright';

function findBusybox(): Busybox {
  const path = process.env.MVM_BUSYBOX ?? PLACES.find((place) => existsSync(place));
  const isThere = path !== undefined && existsSync(path) && existsSync(COPYRIGHT);
  if (!isThere) throw new MvmError('packages.missing', 'the base image is not built: it needs busybox-static');
  const sources = process.env.MVM_BUSYBOX ? [] : sourcePackagesOf('busybox-static');
  return {
    program: readFileSync(path),
    applets: listApplets(path),
    copyright: readFileSync(COPYRIGHT),
    sources: sources.map(({ name, version }) => `${name}=${version}`).join(' '),
  };
}

function listApplets(path: string): string[] {
  const { status, stdout, error } = spawnSync(path, ['--list-full'], { encoding: 'utf8' });
  if (status !== 0) throw new MvmError('base.busybox-failed', `${path} does not run`, { cause: error });
  return stdout.split('\n').filter((line) => line !== '');
}
