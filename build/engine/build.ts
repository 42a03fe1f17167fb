/**
 * Builds the small QEMU that mvm's machines run in: Debian's source, the devices of our machines alone, our edits, and
 * from the same source the two firmware files that it loads. Everything lies in one folder, which may be moved.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { cached, digestOfFile, digestOfFolder, sha256 } from '../cached.ts';
import { editSource, replace } from '../edit.ts';
import { run } from '../run.ts';
import { findArchive } from '../setup/debian-source.ts';
import { engineEdits } from './edits/index.ts';

/** Debian packages without which the engine cannot be built; the first two are its source. */
export const enginePackages = [
  ...(['qemu-source', 'libslirp-source'] as const),
  ...(['gcc', 'libc6-dev', 'make', 'xz-utils', 'bzip2', 'meson', 'ninja-build', 'pkg-config'] as const),
  ...(['python3', 'python3-venv', 'python3-distlib', 'python3-pycotap'] as const),
  ...(['libglib2.0-dev', 'libseccomp-dev', 'libfdt-dev', 'zlib1g-dev'] as const),
] as const;

export interface BuildOptions {
  cache: string;
  /** called with a few words about how far the build is */
  log: (text: string) => void;
}

export async function buildEngine({ cache, log }: BuildOptions): Promise<{ qemu: string; digest: string }> {
  const sources = { qemu: findSource(cache, 'qemu'), slirp: findSource(cache, 'libslirp') };
  const { folder, digest } = await cached({
    cache,
    name: 'engine-x86_64',
    inputs: await inputsOf(sources),
    build: async ({ result, work }) => {
      const logFile = join(cache, 'engine-build.log');
      writeFileSync(logFile, '');
      await compile({ sources, result, work, logFile, log });
      await rm(logFile);
    },
  });
  return { qemu: join(folder, PROGRAM), digest };
}

const PROGRAM = 'qemu-system-x86_64';

interface Sources {
  qemu: string;
  /** the user network */
  slirp: string;
}

function findSource(cache: string, name: string): string {
  const found = findArchive(cache, name);
  if (found) return found;
  throw new MvmError('engine.no-source', `The source of ${name} is not there.`, {
    hint: `Let the set-up fetch it from Debian, or set MVM_${name.toUpperCase()}_SOURCE to its tar file.`,
  });
}

/** What build.json beside the engine names: with the archives, this folder and the libraries anyone can build it again. */
async function inputsOf({ qemu, slirp }: Sources): Promise<Record<string, string>> {
  return {
    archives: [qemu, slirp].map((path) => basename(path)).join(' '),
    qemu: await digestOfFile(qemu),
    slirp: await digestOfFile(slirp),
    devices: sha256(readFileSync(devices)),
    edits: digestOfFolder(join(import.meta.dirname, 'edits')),
    recipe: sha256(readFileSync(import.meta.filename)),
    compiler: (await run(['gcc', '--version'])).split('\n')[0] ?? '',
    libraries: (await Promise.all(libraries.map(versionOf))).join(', '),
  };
}

const devices = join(import.meta.dirname, 'devices.mak');

/** As pkg-config knows them. */
const libraries = ['glib-2.0', 'libseccomp', 'zlib'];

const versionOf = async (library: string): Promise<string> =>
  `${library} ${await run(['pkg-config', '--modversion', library])}`;

interface Compilation {
  sources: Sources;
  work: string;
  result: string;
  logFile: string;
  log: BuildOptions['log'];
}

async function compile({ sources, work, result, logFile, log }: Compilation): Promise<void> {
  log('unpacking the source');
  const [tree, build] = [join(work, 'qemu'), join(work, 'build')];
  await unpack(sources.qemu, tree, logFile);
  editSource(tree, [withoutBlobs, ...engineEdits.flatMap(({ changes }) => changes)]);
  await cp(devices, join(tree, 'configs/devices/x86_64-softmmu/mvm.mak'));
  log('configuring');
  const env = { PKG_CONFIG_PATH: await buildSlirp({ source: sources.slirp, work, logFile }) };
  await mkdir(build);
  await run([join(tree, 'configure'), ...configuration], { cwd: build, logFile, env });
  const ninja = ['ninja', '-C', build, `-j${availableParallelism()}`, PROGRAM];
  await run(ninja, { logFile, onLine: progress(log) });
  await run(['strip', '-o', join(result, PROGRAM), join(build, PROGRAM)], { logFile });
  await buildFirmware({ tree, work, result, logFile });
  log('trying it');
  await assertBuilt(join(result, PROGRAM));
}

async function unpack(archive: string, folder: string, logFile: string): Promise<void> {
  await mkdir(folder);
  await run(['tar', '-xf', archive, '-C', folder, '--strip-components=1'], { logFile });
}

/**
 * The user network becomes part of the engine: Debian 12's own libslirp was compiled such that a fragment which comes
 * alone, which any guest can send, makes it follow pointers out of the packet (its ip_reass reads structures by types
 * that they do not have). QEMU and all who link it statically are compiled without assumptions about types.
 */
async function buildSlirp({
  source,
  work,
  logFile,
}: {
  source: string;
  work: string;
  logFile: string;
}): Promise<string> {
  const [tree, build, installed] = [join(work, 'slirp'), join(work, 'slirp-build'), join(work, 'installed')];
  await unpack(source, tree, logFile);
  const flags = [
    '-fno-strict-aliasing',
    '-fstack-protector-strong',
    '-ftrivial-auto-var-init=zero',
    '-D_FORTIFY_SOURCE=2',
  ];
  const options = ['--default-library=static', '--buildtype=release', '-Doptimization=2', '--libdir=lib'];
  const arguments_ = [`--prefix=${installed}`, `-Dc_args=${flags.join(' ')}`];
  await run(['meson', 'setup', build, tree, ...options, ...arguments_], { logFile });
  await run(['ninja', '-C', build, 'install'], { logFile });
  return join(installed, 'lib/pkgconfig');
}

/** Debian's archive is without the UEFI firmware of other machines, which this unpacks. */
const withoutBlobs = replace('pc-bios/meson.build', 'if unpack_edk2_blobs\n', 'if false\n');

/** Debian's own Python: one from elsewhere on PATH has not what Debian's packages put there. */
const PYTHON = '/usr/bin/python3';

/**
 * Hardening is QEMU's own default (PIE, stack protector, fortified functions, read-only relocations, cleared variables
 * and registers) and stays. The folders make it look for its firmware beside itself.
 */
const configuration = [
  ...['--target-list=x86_64-softmmu', '--without-default-features', '--without-default-devices'],
  ...['--with-devices-x86_64=mvm', '--enable-system', '--enable-tcg', '--enable-kvm', '--enable-slirp'],
  ...['--enable-seccomp', '--enable-virtfs', '--enable-attr', '--enable-fdt=system'],
  ...['--disable-docs', '--disable-install-blobs', `--python=${PYTHON}`],
  ...['--prefix=/mvm', '--bindir=/mvm', '--datadir=/mvm', '--firmwarepath=/mvm'],
  `--with-pkgversion=mvm: ${engineEdits.map(({ name }) => name).join(' ')}`,
];

/** Ninja prefixes its lines with `[done/all]`. */
function progress(log: BuildOptions['log']): (line: string) => void {
  return (line) => {
    const [, done, all] = line.match(/^\[(\d+)\/(\d+)\]/) ?? [];
    if (done !== undefined) log(`compiling ${Math.floor((Number(done) / Number(all)) * 100)} %`);
  };
}

/** qboot sets the machine up, and pvh.bin enters the kernel; both run in the guest and need no compiler but the host's. */
async function buildFirmware({ tree, work, result, logFile }: Omit<Compilation, 'sources' | 'log'> & { tree: string }) {
  const [qboot, option] = [join(work, 'qboot'), join(work, 'optionrom')];
  await run(['meson', 'setup', qboot, join(tree, 'roms/qboot')], { logFile });
  await run(['ninja', '-C', qboot], { logFile });
  await cp(join(qboot, 'bios.bin'), join(result, 'qboot.rom'));
  await mkdir(option);
  // QEMU's configure would write what the makefile is told here, had it been given an i386 compiler.
  writeFileSync(join(option, 'config.mak'), `TOPSRC_DIR=${tree}\nCC=gcc\nOBJCOPY=objcopy\nPYTHON=${PYTHON}\n`);
  const makefile = join(tree, 'pc-bios/optionrom/Makefile');
  await run(['make', '-C', option, '-f', makefile, 'pvh.bin'], { logFile });
  await cp(join(option, 'pvh.bin'), join(result, 'pvh.bin'));
}

/** An engine without its filter does not take this, and a device that is missing is not in its list. */
async function assertBuilt(program: string): Promise<void> {
  const known: string[] = [];
  const help = [program, '-sandbox', 'on', '-M', 'microvm', '-device', 'help'];
  await run(help, { onLine: (line) => known.push(line.match(/^name "virtio-(\w+)-device"/)?.[1] ?? '') });
  const wanted = [...readFileSync(devices, 'utf8').matchAll(/^CONFIG_VIRTIO_(\w+)=y$/gm)];
  const lacking = wanted.map(([, name = '']) => name.toLowerCase()).filter((name) => !known.includes(name));
  if (lacking.length > 0)
    throw new MvmError('engine.incomplete', `The engine built lacks virtio ${lacking.join(', ')}.`);
}
