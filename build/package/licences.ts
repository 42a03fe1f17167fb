/** What is shipped that others made, and under which terms: each binary belongs to one of these, or is not shipped. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';

export interface Component {
  name: string;
  /** as SPDX has it */
  licence: string;
  /** its files in the folder of parts; none: it is bundled into our programs */
  files: string[];
  /** the licence's text: files, of which the first that is there is taken */
  texts: string[];
  /** its terms ask for its source: named as build/package/sources.ts knows it */
  source?: string;
}

const GPL2 = '/usr/share/common-licenses/GPL-2';
const LGPL21 = '/usr/share/common-licenses/LGPL-2.1';
const debian = (name: string): string => `/usr/share/doc/${name}/copyright`;

const components: Component[] = [
  { name: 'mvm', licence: 'Apache-2.0', files: ['guest/{machine,scratch}'], texts: ['LICENSE'] },
  {
    name: "mvm's agent, with the runtime of Go",
    licence: 'Apache-2.0 AND BSD-3-Clause',
    files: ['guest/initramfs.cpio'],
    texts: ['/usr/share/doc/golang-go/copyright', ...['1.19', '1.23', '1.24'].map((v) => debian(`golang-${v}-go`))],
  },
  { name: 'Node.js', licence: 'MIT', files: ['runtime/**'], texts: ['runtime/LICENSE'] },
  {
    name: 'better-sqlite3, with SQLite',
    licence: 'MIT',
    files: ['lib/node_modules/better-sqlite3/**'],
    texts: ['lib/node_modules/better-sqlite3/LICENSE'],
  },
  {
    name: 'node-pty',
    licence: 'MIT',
    files: ['lib/node_modules/node-pty/**'],
    texts: ['lib/node_modules/node-pty/LICENSE'],
  },
  {
    name: 'Linux',
    licence: 'GPL-2.0-only WITH Linux-syscall-note',
    files: ['guest/vmlinux'],
    texts: [GPL2],
    source: 'linux',
  },
  {
    name: 'busybox, with the C library of GNU',
    licence: 'GPL-2.0-only AND LGPL-2.1-or-later',
    files: ['guest/linux.oci.tar'],
    texts: [debian('busybox-static'), GPL2],
    source: 'busybox',
  },
  {
    name: 'QEMU, with qboot',
    licence: 'GPL-2.0-only',
    files: ['engine/qemu-system-*', 'engine/*.{rom,bin}'],
    texts: [GPL2],
    source: 'qemu',
  },
  {
    name: 'GLib',
    licence: 'LGPL-2.1-or-later',
    files: ['engine/lib/libglib-2.0.so*'],
    texts: [debian('libglib2.0-0'), LGPL21],
    source: 'glib2.0',
  },
  {
    name: 'libseccomp',
    licence: 'LGPL-2.1-only',
    files: ['engine/lib/libseccomp.so*'],
    texts: [debian('libseccomp2'), LGPL21],
    source: 'libseccomp',
  },
  {
    name: 'libfdt',
    licence: 'BSD-2-Clause',
    files: ['engine/lib/libfdt.so*'],
    texts: [debian('libfdt1')],
  },
  {
    name: 'libslirp',
    licence: 'BSD-3-Clause',
    // Inside the engine, or beside it where that was linked with a library.
    files: ['engine/qemu-system-*', 'engine/lib/libslirp.so*'],
    texts: [debian('libslirp0'), debian('libslirp-dev')],
  },
  { name: 'PCRE2', licence: 'BSD-3-Clause', files: ['engine/lib/libpcre2-8.so*'], texts: [debian('libpcre2-8-0')] },
  { name: 'zlib', licence: 'Zlib', files: ['engine/lib/libz.so*'], texts: [debian('zlib1g')] },
];

export interface LicenceOptions {
  root: string;
  /** packages of npm inside our programs */
  bundled: string[];
  /** parts packaged earlier, which have the texts that only Debian holds; null: this is such a system */
  earlier: string | null;
}

/** Writes `licences/`: a list and the texts. @throws MvmError `package.no-licence` for what nobody vouches for */
export function writeLicences(folder: string, { root, bundled, earlier }: LicenceOptions): void {
  const place = join(folder, 'licences');
  mkdirSync(place, { recursive: true });
  const all = [...shippedIn(folder), ...bundled.map((name) => npmComponent(root, name))];
  const listed = all.map(({ name, licence, files, texts, source = null }) => {
    const text = `${name.replace(/[^\w.@-]+/g, '-').toLowerCase()}.txt`;
    const places = texts.map((each) => textFile(each, folder, root));
    if (earlier) places.push(join(earlier, 'licences', text));
    const from = places.find((path) => existsSync(path));
    if (!from) throw new MvmError('package.no-licence', `the terms of ${name} are at none of ${places.join(', ')}`);
    copyFileSync(from, join(place, text));
    return { name, licence, files, text, source };
  });
  writeFileSync(join(place, 'list.json'), `${JSON.stringify(listed, null, 2)}\n`);
}

/** The components whose files are there; every binary must be of one. */
function shippedIn(folder: string): Component[] {
  const files = globSync('**', { cwd: folder }).filter((file) => statSync(join(folder, file)).isFile());
  const owner = (file: string): Component | undefined =>
    components.find((component) => component.files.some((pattern) => matchesGlob(file, pattern)));
  const orphans = files.filter((file) => isBinary(join(folder, file)) && !owner(file));
  if (orphans.length > 0)
    throw new MvmError('package.no-licence', `nobody vouches for ${orphans.join(', ')}`, {
      hint: 'Name its origin and terms in build/package/licences.ts.',
    });
  const isThere = ({ files: patterns }: Component): boolean =>
    files.some((file) => patterns.some((pattern) => matchesGlob(file, pattern)));
  return components.filter((component) => component.name === 'mvm' || isThere(component));
}

/** Programs, libraries, disks and archives, by their first bytes: anything that is not text or a picture of ours. */
function isBinary(path: string): boolean {
  if (/\.(js|cjs|mjs|json|css|html|svg|txt|md|cmd)$/.test(path)) return false;
  const file = openSync(path, 'r');
  const head = Buffer.alloc(4096);
  const length = readSync(file, head, 0, head.length, 0);
  closeSync(file);
  return head.subarray(0, length).includes(0) || /\.(rom|bin|tar|node)$/.test(path);
}

const textFile = (text: string, folder: string, root: string): string => {
  if (text.startsWith('/')) return text;
  return text === 'LICENSE' || text.startsWith('node_modules/') ? join(root, text) : join(folder, text);
};

/** A package of npm that a bundle holds. */
function npmComponent(root: string, name: string): Component {
  const home = join('node_modules', name);
  const texts = globSync('{LICEN[CS]E,licen[cs]e,COPYING}*', { cwd: join(root, home) }).map((file) => join(home, file));
  const { license = 'unknown' } = JSON.parse(readFileSync(join(root, home, 'package.json'), 'utf8'));
  // Some authors say MIT and leave out the text.
  if (texts.length === 0 && license === 'MIT') texts.push(join(import.meta.dirname, 'mit.txt'));
  return { name, licence: license, files: [], texts };
}
