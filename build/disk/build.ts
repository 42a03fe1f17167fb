/** Makes the empty ext4 file systems that machines start with, in the compact form of images/systems/linux/empty-disk.ts. */
import { readFileSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeEmptyDisk } from '../../images/systems/linux/empty-disk.ts';
import { cached, sha256 } from '../cached.ts';
import { run } from '../run.ts';
import { readSparseTar } from './sparse-tar.ts';

/** Debian packages without which the disks cannot be made. */
export const diskPackages = ['e2fsprogs'] as const;

export interface BuildOptions {
  cache: string;
  log: (text: string) => void;
}

export interface EmptyDisks {
  /** for kept machines: with a journal, which survives a killed engine */
  emptyDisk: string;
  /** for machines that leave nothing behind: without one */
  scratchDisk: string;
  digest: string;
}

export async function buildEmptyDisk({ cache, log }: BuildOptions): Promise<EmptyDisks> {
  const { folder, digest } = await cached({
    cache,
    name: 'empty-disk',
    inputs: await inputs(),
    build: async ({ result, work }) => {
      log('making file systems');
      await make({ work, out: join(result, 'machine'), journal: true });
      await make({ work, out: join(result, 'scratch'), journal: false });
    },
  });
  return { emptyDisk: join(folder, 'machine'), scratchDisk: join(folder, 'scratch'), digest };
}

/** What the guest sees. Templates are captured with disks of this size, and every image fits behind it. */
const size = 64 * 2 ** 30;

async function make({ work, out, journal }: { work: string; out: string; journal: boolean }): Promise<void> {
  const disk = join(work, journal ? 'machine.ext4' : 'scratch.ext4');
  await writeFile(disk, '');
  await truncate(disk, size);
  await run([mke2fs, ...options(journal), disk], { env: environment });
  await run(['tar', '--create', '--sparse', '--format=posix', '--sparse-version=1.0', '--file', `${disk}.tar`, disk]);
  await writeFile(out, encodeEmptyDisk({ size, pieces: readSparseTar(readFileSync(`${disk}.tar`)) }));
}

/** It lies in sbin, which an ordinary user's PATH may lack. */
const mke2fs = '/usr/sbin/mke2fs';

function options(journal: boolean): string[] {
  const features = `none,${journal ? 'has_journal,' : ''}ext_attr,dir_index,filetype,extent,64bit,flex_bg,sparse_super2,large_file,huge_file,dir_nlink,extra_isize,metadata_csum`;
  return [
    ...['-q', '-F', '-b', '4096', '-I', '256', '-i', '16384', '-m', '0', '-G', '512', '-O', features],
    ...(journal ? ['-J', 'size=16'] : []),
    // No backup superblocks and tables not written: 180 KiB on the host in place of 1 GiB.
    ...['-E', `lazy_itable_init=1,lazy_journal_init=1,num_backup_sb=0,hash_seed=${uuid(journal, 2)}`],
    ...['-U', uuid(journal, 1)],
  ];
}

/** Fixed, so that the same tools give the same bytes. */
const uuid = (journal: boolean, of: number): string => `6d766d00-0000-4000-8000-0000000000${journal ? 1 : 2}${of}`;

/** The features stand above, whatever this host's mke2fs.conf wants. */
const environment = { MKE2FS_CONFIG: '/dev/null', E2FSPROGS_FAKE_TIME: '1700000000' };

async function inputs(): Promise<Record<string, string>> {
  const sources = [import.meta.filename, join(import.meta.dirname, '../../images/systems/linux/empty-disk.ts')];
  return {
    recipe: sha256(sources.map((file) => readFileSync(file, 'utf8')).join('\0')),
    tool: await run([mke2fs, '-V']),
  };
}
