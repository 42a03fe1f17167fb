/** Who made what is shipped, and under which terms. */
import type { Origin } from './origins.ts';

export interface Component {
  name: string;
  /** as SPDX has it */
  licence: string;
  /** its binaries in the folder of parts, named as binaries.ts does; none: it is around the parts, or inside our programs */
  files: string[];
  /** the terms, one file after the other; of several places the first that is there */
  texts: (string | string[])[];
  /** its terms ask for its source: what that is known from */
  origin?: Origin;
}

const GPL2 = '/usr/share/common-licenses/GPL-2';
const LGPL21 = '/usr/share/common-licenses/LGPL-2.1';
const debian = (name: string): string => `/usr/share/doc/${name}/copyright`;

const PTY = 'lib/node_modules/node-pty';
const WINPTY_TERMS = 'node_modules/node-pty/deps/winpty/LICENSE';

export const components: Component[] = [
  { name: 'mvm', licence: 'Apache-2.0', files: ['guest/{machine,scratch}'], texts: ['LICENSE'] },
  {
    // FFmpeg is a library of its own there. Chromium's own list of terms lies beside the app.
    name: 'Electron, with Chromium and FFmpeg',
    licence: 'MIT AND BSD-3-Clause AND LGPL-2.1-or-later',
    files: [],
    texts: ['node_modules/electron/LICENSE', LGPL21],
  },
  {
    name: "mvm's agent, with the runtime of Go",
    licence: 'Apache-2.0 AND BSD-3-Clause',
    files: ['guest/initramfs.cpio'],
    texts: [['golang-go', 'golang-1.19-go', 'golang-1.23-go', 'golang-1.24-go'].map(debian)],
  },
  { name: 'Node.js', licence: 'MIT', files: ['runtime/{bin/node,node.exe}'], texts: ['runtime/LICENSE'] },
  {
    name: 'better-sqlite3, with SQLite',
    licence: 'MIT',
    files: ['lib/node_modules/better-sqlite3/prebuilds/*.node'],
    texts: ['lib/node_modules/better-sqlite3/LICENSE'],
  },
  {
    name: 'node-pty',
    licence: 'MIT',
    files: [`${PTY}/{build/Release,prebuilds/*}/{*.node,spawn-helper}`],
    texts: [`${PTY}/LICENSE`],
  },
  // Of two authors, within node-pty for Windows. The console is Microsoft's, as node-pty itself and under its terms.
  { name: 'winpty', licence: 'MIT', files: [`${PTY}/prebuilds/win32-*/winpty*`], texts: [WINPTY_TERMS] },
  { name: 'OpenConsole', licence: 'MIT', files: [`${PTY}/prebuilds/win32-*/conpty/*`], texts: [`${PTY}/LICENSE`] },
  {
    name: 'Linux',
    licence: 'GPL-2.0-only WITH Linux-syscall-note',
    files: ['guest/vmlinux'],
    texts: [GPL2],
    origin: { build: 'kernel' },
  },
  {
    name: 'busybox, with the C library of GNU',
    licence: 'GPL-2.0-only AND LGPL-2.1-or-later',
    files: ['guest/linux.oci.tar!bin/busybox'],
    texts: [debian('busybox-static'), GPL2, LGPL21],
    origin: { build: 'baseImage' },
  },
  {
    name: 'QEMU, with qboot',
    licence: 'GPL-2.0-only',
    files: ['engine/qemu-system-*', 'engine/*.{rom,bin}'],
    texts: [GPL2],
    origin: { build: 'engine' },
  },
  {
    // Inside the engine.
    name: 'libslirp',
    licence: 'BSD-3-Clause',
    files: ['engine/qemu-system-*'],
    texts: [['libslirp0', 'libslirp-dev'].map(debian)],
  },
  library('GLib', 'LGPL-2.1-or-later', 'libglib-2.0', ['libglib2.0-0t64', 'libglib2.0-0']),
  library('libseccomp', 'LGPL-2.1-only', 'libseccomp', ['libseccomp2']),
  library('libfdt', 'BSD-2-Clause', 'libfdt', ['libfdt1']),
  library('PCRE2', 'BSD-3-Clause', 'libpcre2-8', ['libpcre2-8-0']),
  library('zlib', 'Zlib', 'libz', ['zlib1g']),
];

/** One that the engine loads from beside it, as Debian compiled it. */
function library(name: string, licence: string, file: string, packages: string[]): Component {
  const [files, terms] = [[`engine/lib/${file}.so*`], packages.map(debian)];
  if (!licence.startsWith('LGPL-2.1')) return { name, licence, files, texts: [terms] };
  return { name, licence, files, texts: [terms, LGPL21], origin: { debian: packages } };
}
