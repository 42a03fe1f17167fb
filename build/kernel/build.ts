/**
 * Builds the Linux guest's kernel: Debian's source, our configuration, our edits. The result is an uncompressed ELF
 * that QEMU enters by its PVH note.
 */

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { cached, digestOfFile, digestOfFolder, sha256 } from '../cached.ts';
import { editSource } from '../edit.ts';
import { run } from '../run.ts';
import { differences } from './configuration.ts';
import { kernelEdits } from './edits/index.ts';
import { hasPvhNote } from './pvh-note.ts';

/** Debian packages without which the kernel cannot be built. */
export const kernelPackages = [
  'linux-source-6.12',
  'gcc',
  'libc6-dev',
  'make',
  'flex',
  'bison',
  'bc',
  'libelf-dev',
  'xz-utils',
] as const;

export interface BuildOptions {
  cache: string;
  /** called with a few words about how far the build is */
  log: (text: string) => void;
}

export async function buildKernel({
  cache,
  log,
}: BuildOptions): Promise<{ dir: string; vmlinux: string; digest: string }> {
  const source = findSource();
  const { folder, digest } = await cached({
    cache,
    name: 'kernel-x86_64',
    inputs: await inputsOf(source),
    build: async ({ result, work }) => {
      const logFile = join(cache, 'kernel-build.log');
      writeFileSync(logFile, '');
      await compile({ source, result, tree: work, logFile, log });
      await rm(logFile);
    },
  });
  return { dir: folder, vmlinux: join(folder, 'vmlinux'), digest };
}

/** Debian names the file by the kernel's series; which point release it holds is for its digest to say. */
function findSource(): string {
  const [found] = process.env.MVM_LINUX_SOURCE
    ? [process.env.MVM_LINUX_SOURCE]
    : globSync('/usr/src/linux-source-6.12.tar.*');
  if (found) return found;
  throw new MvmError('kernel.no-source', 'The source of the Linux kernel is not installed.', {
    hint: 'apt-get install linux-source-6.12, or set MVM_LINUX_SOURCE to its tar file',
  });
}

async function inputsOf(source: string): Promise<Record<string, string>> {
  return {
    source: await digestOfFile(source),
    configuration: sha256(readFileSync(configuration)),
    edits: digestOfFolder(join(import.meta.dirname, 'edits')),
    recipe: sha256(readFileSync(import.meta.filename)),
    compiler: (await run(['gcc', '--version'])).split('\n')[0] ?? '',
  };
}

const configuration = join(import.meta.dirname, 'x86_64.config');

interface Compilation {
  source: string;
  tree: string;
  result: string;
  logFile: string;
  log: BuildOptions['log'];
}

async function compile({ source, tree, result, logFile, log }: Compilation): Promise<void> {
  log('unpacking the source');
  await run(['tar', '-xf', source, '-C', tree, '--strip-components=1'], { logFile });
  editSource(tree, kernelEdits);
  await cp(configuration, join(tree, 'arch/x86/configs/mvm_defconfig'));
  await make(['mvm_defconfig'], { tree, logFile });
  assertConfiguration(join(tree, '.config'));
  await make([`-j${availableParallelism()}`, 'vmlinux'], { tree, logFile, onLine: progress(log) });
  await run(['strip', '-o', join(result, 'vmlinux'), join(tree, 'vmlinux')], { logFile });
  assertPvh(join(result, 'vmlinux'));
  await cp(join(tree, '.config'), join(result, 'config'));
  await cp(join(tree, 'System.map'), join(result, 'System.map'));
}

/** Names, place and time of the build are fixed, so that the same inputs give the same bytes. */
const reproducible = ['KBUILD_BUILD_TIMESTAMP=@0', 'KBUILD_BUILD_USER=mvm', 'KBUILD_BUILD_HOST=mvm', 'ARCH=x86_64'];

async function make(
  targets: string[],
  where: { tree: string; logFile: string; onLine?: (line: string) => void },
): Promise<void> {
  const { tree, ...how } = where;
  await run(['make', '-C', tree, ...reproducible, ...targets], how);
}

/** A build prints this many lines (`wc -l` of its log; it need only be near). */
const expectedLines = 1740;

function progress(log: BuildOptions['log']): () => void {
  let lines = 0;
  return () => log(`compiling ${Math.min(99, Math.floor((++lines / expectedLines) * 100))} %`);
}

/** The kernel's configuration tool drops in silence what it does not know or whose conditions do not hold. */
function assertConfiguration(file: string): void {
  const differing = differences(readFileSync(configuration, 'utf8'), readFileSync(file, 'utf8'));
  if (differing.length === 0) return;
  throw new MvmError(
    'kernel.configuration',
    `The kernel's source does not take our configuration:\n${differing.join('\n')}`,
  );
}

function assertPvh(vmlinux: string): void {
  if (!hasPvhNote(readFileSync(vmlinux)))
    throw new MvmError('kernel.no-pvh-note', 'The kernel built has no PVH entry.');
}
