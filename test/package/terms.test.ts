/** What others made and we hand out: its terms, and its source where they ask for that. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, matchesGlob } from 'node:path';
import { extractAll } from '@electron/asar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ociArchive } from '../../build/base/oci-archive.ts';
import { leftOut } from '../share.ts';
import { linuxElectron } from './electron-dist.ts';
import { CACHE, LINUX, linuxFolder, makePackage, ROOT } from './packaged.ts';

interface Listed {
  name: string;
  licence: string;
  files: string[];
  text: string;
  sources: ({ name: string; sha256: string } | { name: string; version: string })[];
}

let work = '';
let app = '';
let parts = '';
let list: Listed[] = [];

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'mvm-terms-'));
  ({ app, parts } = await linuxFolder(work));
  list = JSON.parse(readFileSync(join(parts, 'licences', 'list.json'), 'utf8'));
}, 600_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

const read = (path: string): Buffer => readFileSync(path);

/** Programs and libraries of Linux, macOS and Windows, archives, disks, initramfs: by their first bytes. */
function isBinary(bytes: Buffer): boolean {
  const head = bytes.subarray(0, 8192).toString('latin1');
  const disk = bytes.length > 1082 && bytes.readUInt16LE(1080) === 0xef53;
  return disk || head.includes('\0') || BEGINNINGS.some((begin) => head.startsWith(begin));
}

const PROGRAMS = ['\x7fELF', '\xcf\xfa\xed\xfe', '\xca\xfe\xba\xbe', 'MZ'];
const ARCHIVES = ['\x1f\x8b', 'BZh', '\xfd7zXZ', '\x28\xb5\x2f\xfd', 'PK\x03\x04', '0707'];
const BEGINNINGS = [...PROGRAMS, ...ARCHIVES];

const filesIn = (folder: string): string[] =>
  globSync('**', { cwd: folder }).filter((file) => statSync(join(folder, file)).isFile());

/** The root of the image in a tar, as its layers make it. */
function unpackedImage(archive: string): string {
  const folder = mkdtempSync(join(work, 'image-'));
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  const blob = ({ digest }: { digest: string }) => join(folder, 'blobs', digest.replace(':', '/'));
  const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const manifest = json(blob(json(join(folder, 'index.json')).manifests[0]));
  const root = join(folder, 'root');
  mkdirSync(root);
  for (const layer of manifest.layers) execFileSync('tar', ['-xf', blob(layer), '-C', root]);
  return root;
}

describe('what is shipped', () => {
  it('has an entry with its terms for every binary, also for those inside the image', () => {
    const isVouched = (file: string) => list.some(({ files }) => files.some((pattern) => matchesGlob(file, pattern)));
    const binaries = filesIn(parts).filter((file) => isBinary(read(join(parts, file))));
    expect(binaries).toEqual(
      expect.arrayContaining(['runtime/bin/node', 'guest/vmlinux', 'guest/initramfs.cpio', 'guest/linux.oci.tar']),
    );
    expect(binaries.filter((file) => !isVouched(file) && !file.endsWith('.tar'))).toEqual([]);
    for (const image of binaries.filter((file) => file.endsWith('.tar'))) {
      const root = unpackedImage(join(parts, image));
      const first = new Map<number, string>();
      // A program with many names is one file: whichever of them has an entry.
      for (const file of filesIn(root).filter((each) => isBinary(read(join(root, each)))))
        if (!first.has(statSync(join(root, file)).ino) || isVouched(`${image}!${file}`))
          first.set(statSync(join(root, file)).ino, file);
      expect([...first.values()].filter((file) => !isVouched(`${image}!${file}`))).toEqual([]);
      expect(first.size).toBeGreaterThan(0);
    }
  });

  it('has in the initramfs the agent alone, and in the app’s archive our programs and pictures', () => {
    const input = readFileSync(join(parts, 'guest', 'initramfs.cpio'));
    const listed = execFileSync('cpio', ['--list', '--verbose', '--quiet'], { input, encoding: 'utf8' });
    expect([...listed.matchAll(/^-.* (\S+)$/gm)].map(([, name]) => name)).toEqual(['init']);
    const archive = join(work, 'archive');
    extractAll(join(app, 'resources', 'app.asar'), archive);
    const binaries = filesIn(archive).filter((file) => isBinary(readFileSync(join(archive, file))));
    expect(binaries.filter((file) => !/^icons\/\S+\.(png|ico)$/.test(file))).toEqual([]);
  });

  it('has whole terms for every entry, and for all that is bundled', () => {
    for (const { name, licence, text } of list) {
      expect(licence, name).not.toBe('unknown');
      const terms = readFileSync(join(parts, 'licences', text), 'utf8');
      expect(terms.length, name).toBeGreaterThan(100);
      // Debian's file of terms only names the place of a long one.
      if (licence.includes('GPL-2.0')) expect(terms, name).toContain('GNU GENERAL PUBLIC LICENSE');
      if (licence.includes('LGPL-2.1')) expect(terms, name).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
    }
    expect(list.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Linux', 'Node.js', 'Electron, with Chromium and FFmpeg', 'ws', 'zod', 'svelte']),
    );
    for (const name of ['LICENSE.electron.txt', 'LICENSES.chromium.html']) expect(filesIn(app)).toContain(name);
  });

  it('is nothing that nobody vouches for: not beside the engine, not in the image, not beside the app', async () => {
    const guest = join(work, 'guest');
    cpSync(parts, guest, { recursive: true });
    const program = read('/bin/true');
    const entries = [{ path: 'bin/helper', kind: 'file' as const, content: program }];
    writeFileSync(join(guest, 'guest', 'linux.oci.tar'), ociArchive({ entries, reference: 'linux', config: {} }));
    const engine = join(work, 'engine');
    cpSync(join(parts, 'engine'), engine, { recursive: true });
    writeFileSync(join(engine, 'libhelper.so'), program);
    const electron = linuxElectron(join(work, 'other electron'));
    const common = [...LINUX, '--electron', electron];
    await expect(
      makePackage(join(work, 'refused'), [...common, '--guest', guest, '--engine', engine]),
    ).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nobody vouches for engine/libhelper.so, guest/linux.oci.tar!bin/helper'),
    });
    copyFileSync('/bin/true', join(electron, 'helper'));
    await expect(makePackage(join(work, 'refused'), common)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nobody vouches for helper'),
    });
  });
});

/** What the tar is made of, where it was fetched before: no test waits for Debian, unless all of them are asked for. */
const asked = ['busybox', 'glibc', 'glib2.0', 'libseccomp'];
const isCached = asked.every((name) => globSync(join(CACHE, 'sources', `${name}_*.dsc`)).length > 0);
const isLeft = leftOut && !isCached;
const why = isLeft
  ? ' (skipped: they are not in the cache, build/package/main.ts --sources or MVM_WHOLE=1 fetches them)'
  : '';

describe.skipIf(isLeft)(`the sources that licences ask for${why}`, () => {
  let folder = '';
  const shipped = JSON.parse(readFileSync(join(ROOT, '.build', 'artifacts.json'), 'utf8'));
  const beside = (artifact: string) => JSON.parse(readFileSync(join(artifact, '..', 'build.json'), 'utf8'));

  beforeAll(async () => {
    const tar = (await makePackage(join(work, 'out'), ['--system', 'linux', '--sources'])).trim();
    execFileSync('tar', ['-xf', tar, '-C', work]);
    folder = join(work, basename(tar, '.tar'));
  }, 600_000);

  it('are the very archives that were compiled, by their digests and versions', () => {
    const archives = join(folder, 'archives');
    const said = execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: archives, encoding: 'utf8' });
    expect(said).not.toMatch(/FAILED/);
    const sums = new Map(
      [...readFileSync(join(archives, 'SHA256SUMS'), 'utf8').matchAll(/^(\w+) {2}(\S+)$/gm)].map(([, sum, name]) => [
        sum,
        name,
      ]),
    );
    expect([...sums.values()].toSorted()).toEqual(
      filesIn(archives)
        .filter((name) => name !== 'SHA256SUMS')
        .toSorted(),
    );
    const { qemu, slirp } = beside(shipped.engine);
    expect(sums.get(beside(shipped.kernel).source)).toMatch(/^linux/);
    expect(sums.get(qemu)).toMatch(/^qemu_/);
    expect(sums.get(slirp)).toMatch(/^libslirp_/);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills them in
    const fields = '${source:Package}=${source:Version}\\n${Built-Using}\\n';
    const packages = ['busybox-static', 'libglib2.0-0*', 'libseccomp2'];
    const known = execFileSync('dpkg-query', ['-W', '-f', fields, ...packages], { encoding: 'utf8' });
    const versions = [...known.matchAll(/^(\S+)=(\S+)$/gm), ...known.matchAll(/(\S+) \(= ([^)]+)\)/g)];
    expect(versions.map(([, name]) => name).toSorted()).toEqual(asked.toSorted());
    for (const [, name, version = ''] of versions)
      expect([...sums.values()]).toContain(`${name}_${version.replace(/^\d+:/, '')}.dsc`);
  });

  it('build what is shipped: from them, its own recipes come to what was built before', () => {
    const archive = (name: string) =>
      join(folder, 'archives', globSync(`${name}[-_]*.tar.*`, { cwd: join(folder, 'archives') })[0] ?? '');
    const script = `
      import { buildEngine } from '${folder}/mvm/build/engine/build.ts';
      import { buildKernel } from '${folder}/mvm/build/kernel/build.ts';
      // Whatever is said would be of a build from the beginning.
      const options = { cache: process.argv[1], log: (text) => { throw new Error(text) } };
      console.log((await buildKernel(options)).digest, (await buildEngine(options)).digest);`;
    const env = {
      PATH: process.env.PATH,
      MVM_LINUX_SOURCE: archive('linux'),
      MVM_QEMU_SOURCE: archive('qemu'),
      MVM_LIBSLIRP_SOURCE: archive('libslirp'),
    };
    const argv = ['--input-type=module', '--eval', script, CACHE];
    const said = execFileSync(process.execPath, argv, { env, encoding: 'utf8' });
    expect(said.trim()).toBe(`${shipped.digests.kernel} ${shipped.digests.engine}`);
    const readMe = readFileSync(join(folder, 'README.md'), 'utf8');
    for (const path of Object.values(env).slice(1)) expect(readMe).toContain(basename(path ?? ''));
    for (const name of [
      'kernel/x86_64.config',
      'kernel/edits/LICENSE.md',
      'engine/devices.mak',
      'engine/edits/LICENSE.md',
    ])
      expect(filesIn(join(folder, 'mvm', 'build'))).toContain(name);
  });
});
