/** What machines are made of: kernel, engine, agent, disks, base image. Each is built by its folder under `build/`, once a digest. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import type { Artifacts } from '../../vmm/paths.ts';
import { agentPackages, buildAgent } from '../agent/build.ts';
import { basePackages, buildBaseImage } from '../base/build.ts';
import { buildEmptyDisk, diskPackages } from '../disk/build.ts';
import { buildEngine, enginePackages } from '../engine/build.ts';
import { buildKernel, kernelPackages } from '../kernel/build.ts';
import { missing, type PackageName } from './packages.ts';

export interface Maker {
  name: string;
  /** Debian packages without which it cannot be built */
  packages: readonly PackageName[];
  /** files and folders of this repository that shape it */
  sources: string[];
  /** a first run goes without it */
  canWait?: true;
  make(options: MakeOptions): Promise<Made>;
}

export interface MakeOptions {
  cache: string;
  log: (text: string) => void;
}

export interface Made {
  files: Partial<Artifacts>;
  digest: string;
}

export const makers: Maker[] = [
  {
    name: 'kernel',
    packages: kernelPackages,
    sources: ['build/kernel', 'build/edit.ts'],
    async make(options) {
      const { vmlinux, digest } = await buildKernel(options);
      return { files: { kernel: vmlinux }, digest };
    },
  },
  {
    name: 'engine',
    packages: enginePackages,
    sources: ['build/engine', 'build/edit.ts'],
    canWait: true,
    async make(options) {
      const { qemu, digest } = await buildEngine(options);
      return { files: { engine: qemu }, digest };
    },
  },
  {
    name: 'agent',
    packages: agentPackages,
    sources: ['build/agent', 'images/agent', 'images/systems/linux/initramfs.ts'],
    async make(options) {
      const { initramfs, digest } = await buildAgent(options);
      return { files: { initramfs }, digest };
    },
  },
  {
    name: 'empty disks',
    packages: diskPackages,
    sources: ['build/disk', 'images/systems/linux/empty-disk.ts'],
    async make(options) {
      const { emptyDisk, scratchDisk, digest } = await buildEmptyDisk(options);
      return { files: { emptyDisk, scratchDisk }, digest };
    },
  },
  {
    name: 'base image',
    packages: basePackages,
    sources: ['build/base', 'images/rootfs/tar-writer.ts'],
    async make(options) {
      const { archive, digest } = await buildBaseImage(options);
      return { files: { baseImage: archive }, digest };
    },
  },
];

/** Its builder knows whether there is anything to do; where its tools are missing, what was built earlier serves. */
export async function provide(maker: Maker, root: string, options: MakeOptions): Promise<Made> {
  const lacking = missing(maker.packages).map(({ name }) => name);
  if (lacking.length > 0) return earlier(maker, root, options.cache) ?? notBuilt(maker, lacking);
  const made = await maker.make(options);
  remember(made, recordOf(maker, root, options.cache), options.cache);
  return made;
}

/** What these sources led to before, on this machine or on the one that the cache was copied from. */
export function earlier(maker: Maker, root: string, cache: string): Made | null {
  const record = recordOf(maker, root, cache);
  if (!existsSync(record)) return null;
  const { files, digest } = JSON.parse(readFileSync(record, 'utf8')) as Made;
  const found = mapValues(files, (path) => join(cache, path));
  return Object.values(found).every((path) => existsSync(path)) ? { files: found, digest } : null;
}

function remember({ files, digest }: Made, record: string, cache: string): void {
  writeWhole(record, { files: mapValues(files, (path) => relative(cache, path)), digest });
}

function notBuilt({ name }: Maker, lacking: string[]): never {
  throw new MvmError('packages.missing', `the ${name} is not built: it needs ${lacking.join(' ')}`);
}

function recordOf({ name, sources }: Maker, root: string, cache: string): string {
  const hash = createHash('sha256');
  for (const file of sources.flatMap((source) => filesOf(root, source)).toSorted()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return join(cache, 'made', `${name.replace(' ', '-')}-${hash.digest('hex').slice(0, 16)}.json`);
}

function filesOf(root: string, source: string): string[] {
  const names = globSync([source, `${source}/**`], { cwd: root, exclude: ['**/*.test.ts', '**/testdata/**'] });
  return names.filter((name) => statSync(join(root, name)).isFile());
}

export function writeWhole(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.partial`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${path}.partial`, path);
}

function mapValues(files: Partial<Artifacts>, change: (path: string) => string): Partial<Artifacts> {
  return Object.fromEntries(Object.entries(files).map(([key, path]) => [key, change(path)]));
}
