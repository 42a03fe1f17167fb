/** Debian's packages that mvm uses, known by what they put there, so that what came another way counts too. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findArchive } from './debian-source.ts';
import { atLeast, versionIn } from './version.ts';

export interface Package {
  name: string;
  /** a command on PATH, any one of these files (a `*` is allowed in their names), or a source package's archive */
  there: { command: string } | { files: string[] } | { archiveOf: string };
  /** the least version that serves, and how the command is asked for its own */
  version?: { least: string; ask: string[] };
  /** the Debian release that has it in its backports only */
  backportsOf?: 'bookworm';
}

const packages = {
  'libslirp-source': { there: { archiveOf: 'libslirp' } },
  'qemu-source': { there: { archiveOf: 'qemu' }, backportsOf: 'bookworm' },
  'qemu-system-x86': {
    there: { command: 'qemu-system-x86_64' },
    version: { least: '8.2', ask: ['--version'] },
    backportsOf: 'bookworm',
  },
  'linux-source-6.12': {
    there: { files: [process.env.MVM_LINUX_SOURCE ?? '/usr/src/linux-source-6.12.tar.*'] },
    backportsOf: 'bookworm',
  },
  'golang-go': { there: { command: 'go' }, version: { least: '1.21', ask: ['version'] }, backportsOf: 'bookworm' },
  gcc: { there: { command: 'gcc' } },
  patchelf: { there: { command: 'patchelf' } },
  'g++': { there: { command: 'g++' } },
  'libc6-dev': { there: { files: ['/usr/include/stdio.h'] } },
  make: { there: { command: 'make' } },
  bzip2: { there: { command: 'bzip2' } },
  flex: { there: { command: 'flex' } },
  bison: { there: { command: 'bison' } },
  bc: { there: { command: 'bc' } },
  'libelf-dev': { there: { files: ['/usr/include/libelf.h'] } },
  'xz-utils': { there: { command: 'xz' } },
  cpio: { there: { command: 'cpio' } },
  'busybox-static': { there: { files: [process.env.MVM_BUSYBOX ?? '/usr/share/doc/busybox-static/copyright'] } },
  e2fsprogs: { there: { files: ['/sbin/mke2fs', '/usr/sbin/mke2fs'] } },
  python3: { there: { command: 'python3' } },
  'python3-venv': { there: { files: ['/usr/lib/python3.*/ensurepip'] } },
  'python3-distlib': { there: { files: ['/usr/lib/python3/dist-packages/distlib'] } },
  'python3-pycotap': { there: { files: ['/usr/lib/python3/dist-packages/pycotap'] }, backportsOf: 'bookworm' },
  meson: { there: { command: 'meson' }, version: { least: '1.5', ask: ['--version'] }, backportsOf: 'bookworm' },
  'ninja-build': { there: { command: 'ninja' } },
  'pkg-config': { there: { command: 'pkg-config' } },
  'libglib2.0-dev': { there: { files: ['/usr/include/glib-2.0/glib.h'] } },
  'libseccomp-dev': { there: { files: ['/usr/include/seccomp.h'] } },
  'libfdt-dev': { there: { files: ['/usr/include/libfdt.h'] } },
  'zlib1g-dev': { there: { files: ['/usr/include/zlib.h'] } },
  'erofs-utils': { there: { command: 'fsck.erofs' } },
  debootstrap: { there: { files: ['/usr/sbin/debootstrap'] } },
  skopeo: { there: { command: 'skopeo' } },
  zsh: { there: { command: 'zsh' } },
  fish: { there: { command: 'fish' } },
  'p7zip-full': { there: { command: '7za' } },
  mandoc: { there: { command: 'mandoc' } },
  curl: { there: { command: 'curl' } },
  iproute2: { there: { command: 'ip' } },
  podman: { there: { command: 'podman' } },
  runc: { there: { command: 'runc' } },
  slirp4netns: { there: { command: 'slirp4netns' } },
  procps: { there: { command: 'ps' } },
  chromium: { there: { command: 'chromium' } },
} as const satisfies Record<string, Omit<Package, 'name'>>;

export type PackageName = keyof typeof packages;

/** Those of the named packages that are not there, or too old. */
export function missing(names: Iterable<PackageName>): Package[] {
  return [...new Set(names)].map((name) => ({ name, ...packages[name] })).filter((wanted) => !isThere(wanted));
}

function isThere({ there, version }: Package): boolean {
  if ('archiveOf' in there) return findArchive(process.env.MVM_CACHE ?? '', there.archiveOf) !== null;
  if ('files' in there) return there.files.some((file) => globSync(file).length > 0);
  if (!isOnPath(there.command)) return false;
  if (!version) return true;
  const found = versionIn(spawnSync(there.command, version.ask, { encoding: 'utf8' }).stdout ?? '');
  return found !== null && atLeast(found, version.least);
}

const isOnPath = (command: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
