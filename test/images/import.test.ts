import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTar } from '../../images/rootfs/tar-writer.ts';
import { homePaths } from '../../vmm/paths.ts';
import { findArtifacts } from '../../vmm/service/artifacts.ts';
import { eventually, type World, world } from '../world.ts';
import { type DockerImage, dockerSave, file, layerOf } from './docker-archive.ts';
import { ARM64, archive, Layout, named } from './layout.ts';

const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0;
const why = hasSkopeo ? '' : ' (skipped: skopeo is not installed)';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mvm-import-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);
const skopeo = (...words: string[]) => execFileSync('skopeo', ['copy', '--quiet', '--insecure-policy', ...words]);

/** The program of the base image: static, so an image needs nothing more. */
const busybox = (): Buffer =>
  readFileSync(['/bin/busybox', '/usr/bin/busybox'].find((one) => existsSync(one)) as string);

/** An image that says `text` when it is run. */
function saying(text: string, layout = new Layout()): Layout {
  const layer = layout.layer([
    { path: 'busybox', kind: 'file', mode: 0o755, content: busybox() },
    { path: 'text', kind: 'file', content: Buffer.from(text) },
  ]);
  return layout.index(named(layout.imageOf([layer], { config: { Entrypoint: ['/busybox', 'cat', '/text'] } }), text));
}

interface Listed {
  reference: string | null;
  digest: string;
}
const listed = async (w: World): Promise<Listed[]> => JSON.parse((await w.mvm(['images', 'ls', '--json'])).stdout);
const names = async (w: World) => (await listed(w)).map(({ reference }) => reference);

/** What images left in a home. */
function kept({ home }: World): string[] {
  const { disks } = homePaths(home);
  const inDisks = existsSync(disks) ? readdirSync(disks) : [];
  const beside = readdirSync(home).filter((name) => name.includes('partial'));
  return [...readdirSync(join(home, 'blobs', 'sha256')), ...inDisks, ...beside];
}

describe('an import', () => {
  it('takes a folder or an archive, under its own name or another', async () => {
    const w = world();
    const layout = saying('hello');
    expect(await w.mvm(['images', 'import', await layout.folder(folder)])).toMatchObject({
      code: 0,
      stdout: 'hello\n',
    });
    const second = await w.mvm(['images', 'import', await layout.archive(folder), 'docker.io/library/again:latest']);
    expect(second).toMatchObject({ code: 0, stdout: 'again\n' });
    expect(await names(w)).toEqual(['again', 'hello']);
    expect((await w.mvm(['run', 'again'])).stdout).toBe('hello');
    expect(kept(w)).toHaveLength(4);
  });

  it.skipIf(!hasSkopeo).each(['gzip', 'zstd'])(`takes what skopeo writes, with layers in %s${why}`, async (format) => {
    const w = world();
    const plain = await saying('hello').archive(folder);
    const packed = ['--dest-compress', `--dest-compress-format=${format}`, `oci-archive:${plain}`];
    skopeo(...packed, `oci-archive:${path(`${format}.tar`)}:packed:1`);
    skopeo(`oci-archive:${path(`${format}.tar`)}`, `oci:${path(`${format}-folder`)}:unpacked:1`);
    for (const [source, name] of [
      [`${format}.tar`, 'packed:1'],
      [`${format}-folder`, 'unpacked:1'],
    ] as const) {
      expect((await w.mvm(['images', 'import', path(source)])).stdout).toBe(`${name}\n`);
      expect((await w.mvm(['run', name])).stdout).toBe('hello');
    }
  });

  const other = new Layout();
  other.index(other.image('arm', { platform: ARM64 }));
  const largest = ({ files }: Layout) =>
    [...files].reduce((most, file) => (file[1].length > most[1].length ? file : most));
  const broken = saying('broken');
  broken.files.set(largest(broken)[0], Buffer.alloc(largest(broken)[1].length));
  const without = saying('without');
  without.files.delete(largest(without)[0]);

  it.each([
    ['a path where nothing is', async () => path('nowhere'), /no file or folder/, /skopeo copy/],
    ['a text', async () => archive(folder, Buffer.from('hello')), /no tar archive/, /skopeo copy/],
    ['an empty file', async () => archive(folder, Buffer.alloc(0)), /neither a file named oci-layout/, /skopeo copy/],
    ['a folder of something else', async () => mkdtemp(path('other-')), /no file named oci-layout/, /skopeo copy/],
    ['an archive of xz', async () => archive(folder, Buffer.from('fd377a585a00', 'hex')), /compressed/, /unxz/],
    [
      'a compressed archive cut off',
      async () => archive(folder, gzipSync('x'.repeat(9999)).subarray(0, 30)),
      /cannot be unpacked/,
      /again, whole/,
    ],
    ['an image for arm64', () => other.archive(folder), /for linux\/arm64, not for linux\/amd64/, /--override-arch/],
    ['a layer that is another', () => broken.folder(folder), /has the digest/, /again, whole/],
    ['a layer that is another, archived', () => broken.archive(folder), /has the digest/, /again, whole/],
    ['a layer that is not there', () => without.folder(folder), /is missing/, /again, whole/],
    ['an archive cut off', () => cutOff(), /cut off in blobs/, /again, whole/],
  ])('refuses %s in a sentence, says what to do, and leaves nothing', async (_, make, sentence, hint) => {
    const w = world();
    const { code, stdout, stderr } = await w.mvm(['images', 'import', await make()]);
    expect({ code, stdout }).toEqual({ code: 125, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toMatch(sentence);
    expect(lines.at(-1)).toMatch(hint);
    expect(kept(w)).toEqual([]);
  });

  async function cutOff(): Promise<string> {
    const whole = await saying('cut').archive(folder);
    await truncate(whole, statSync(whole).size / 2);
    return whole;
  }

  it.skipIf(!hasSkopeo)(`takes the base image as a docker-archive of skopeo's, compressed or not${why}`, async () => {
    const w = world();
    const base = findArtifacts(process.env).baseImage as string;
    skopeo(`oci-archive:${base}`, `docker-archive:${path('docker.tar')}:mine:1`);
    writeFileSync(path('docker.tar.gz'), gzipSync(readFileSync(path('docker.tar'))));
    expect((await w.mvm(['images', 'import', path('docker.tar')])).stdout).toBe('mine:1\n');
    expect((await w.mvm(['images', 'import', path('docker.tar.gz'), 'packed'])).stdout).toBe('packed\n');
    for (const name of ['mine:1', 'packed'])
      expect((await w.mvm(['run', name, 'sh', '-c', 'ls -l /bin/ls; cat /etc/os-release'])).stdout).toContain('mvm');
    expect(new Set((await listed(w)).map(({ digest }) => digest)).size).toBe(1);
  });

  it('takes all images and tags of what docker save wrote', async () => {
    const w = world();
    const image = (text: string, tags: string[] | null): DockerImage => ({
      tags,
      layers: [layerOf({ ...file('busybox', busybox()), mode: 0o755 }), layerOf(file('text', text))],
      config: { Entrypoint: ['/busybox', 'cat', '/text'] },
    });
    const images = [image('one', ['app:1', 'app:latest']), image('two', ['other']), image('three', null)];
    const saved = await archive(folder, writeTar(dockerSave(images)));
    const { code, stdout } = await w.mvm(['images', 'import', saved]);
    expect(code).toBe(0);
    const digest = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(stdout).toBe(`app:1\napp\nother\n${digest}\n`);
    const said = await Promise.all(['app:1', 'app', 'other', digest].map((name) => w.mvm(['run', name])));
    expect(said.map((result) => result.stdout)).toEqual(['one', 'one', 'two', 'three']);
  });

  it('takes nothing of an archive that would take the name of the image mvm brings along', async () => {
    const w = world();
    const { code, stderr } = await w.mvm(['images', 'import', await saying('linux').archive(folder)]);
    expect(code).toBe(125);
    expect(stderr).toMatch(/linux is the image that mvm brings along\nGive the import another name/);
    expect(kept(w)).toEqual([]);
    expect((await w.mvm(['images', 'import', await saying('linux').archive(folder), 'mine'])).stdout).toBe('mine\n');
  });

  /** Long enough that a test can come between its beginning and its end. */
  async function largeImage(): Promise<string> {
    const layout = new Layout();
    const file = (name: string) => ({ path: name, kind: 'file' as const, content: Buffer.alloc(96 << 20, name) });
    const layers = ['a', 'b', 'c'].map((name) => layout.layer([file(name)]));
    return layout.index(layout.imageOf(layers)).folder(folder);
  }
  const begun = (w: World) => eventually(() => kept(w).length > 1, 'the second blob');

  it('that is given up by ctrl-C leaves nothing', async () => {
    const w = world();
    await w.mvm(['images']);
    const running = w.start(['images', 'import', await largeImage(), 'large']);
    await begun(w);
    running.child.kill('SIGINT');
    expect((await running.ended).code).not.toBe(0);
    await eventually(() => kept(w).length === 0, 'an empty home');
    expect(await names(w)).toEqual([]);
  });

  it('whose service is killed says so, and leaves nothing after the next start', async () => {
    const w = world();
    await w.mvm(['images']);
    const pid = await w.servicePid();
    const running = w.start(['images', 'import', await largeImage(), 'large']);
    await begun(w);
    process.kill(pid, 'SIGKILL');
    expect(await running.ended).toMatchObject({ code: 125, stderr: expect.stringContaining('Try again') });
    expect(kept(w)).not.toEqual([]);
    expect(await names(w)).toEqual([]);
    expect(kept(w)).toEqual([]);
  });
});

describe('a name', () => {
  it('that moves to another image leaves the first by its digest, to be removed', async () => {
    const w = world();
    const first = await w.mvm(['images', 'import', await saying('first').folder(folder), 'name', '--json']);
    const [{ digest }] = JSON.parse(first.stdout) as [Listed];
    await w.mvm(['run', 'name']);
    await w.mvm(['images', 'import', await saying('second').folder(folder), 'name']);
    expect((await w.mvm(['run', 'name'])).stdout).toBe('second');
    expect((await w.mvm(['run', digest])).stdout).toBe('first');
    expect((await w.mvm(['images', 'rm', digest.slice(7, 19)])).code).toBe(0);
    expect(await names(w)).toEqual(['name']);
    expect(kept(w)).toHaveLength(4);
  });

  it('given to an image that had none is its only entry', async () => {
    const w = world();
    const layout = new Layout();
    const source = await layout.index(layout.image('x')).folder(folder);
    expect((await w.mvm(['images', 'import', source])).stdout).toMatch(/^sha256:/);
    expect(await names(w)).toEqual([null]);
    await w.mvm(['images', 'import', source, 'name']);
    expect(await names(w)).toEqual(['name']);
    expect((await w.mvm(['images', 'import', source])).stdout).toBe('name\n');
    expect(await names(w)).toEqual(['name']);
  });
});

describe('removing an image', () => {
  it('is refused while a machine has it, and leaves nothing afterwards', async () => {
    const w = world();
    await w.mvm(['images', 'import', await saying('hello').folder(folder)]);
    await w.mvm(['run', '--name', 'user', 'hello']);
    const refused = await w.mvm(['images', 'rm', 'hello']);
    expect(refused.code).toBe(125);
    expect(refused.stderr).toMatch(/used by machine user\n.*mvm rm --force user/);
    await w.mvm(['rm', '--force', 'user']);
    expect(await w.mvm(['images', 'rm', 'hello'])).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(kept(w)).toEqual([]);
  });

  it('makes a run say that there is none, with what may be meant', async () => {
    const w = world();
    await w.mvm(['images', 'import', await saying('hello').folder(folder)]);
    await w.mvm(['images', 'import', await saying('hallo').folder(folder)]);
    await w.mvm(['images', 'rm', 'hello']);
    const { code, stderr } = await w.mvm(['run', 'hello']);
    expect(code).toBe(125);
    expect(stderr).toMatch(/no image 'hello' here\nDid you mean 'hallo'\?/);
  });
});

describe('the base image', () => {
  async function restart(w: World): Promise<void> {
    const pid = await w.servicePid();
    await w.api('POST', '/v1/shutdown');
    await eventually(() => !existsSync(`/proc/${pid}`), 'the end of the service');
  }

  it('of an earlier mvm goes when this one brings its own and no machine needs the old one', async () => {
    const list = path('artifacts.json');
    const bring = (baseImage: string) =>
      writeFileSync(list, JSON.stringify({ ...findArtifacts(process.env), baseImage }));
    const w = world({ env: { MVM_ARTIFACTS: list } });
    bring(await saying('former').archive(folder));
    expect((await w.mvm(['run', '--name', 'user', 'linux'])).stdout).toBe('former');
    bring(findArtifacts(process.env).baseImage as string);
    await restart(w);
    expect((await w.mvm(['run', 'linux', 'echo', 'new'])).stdout).toBe('new\n');
    expect(await names(w)).toEqual(['linux', null]);
    await w.mvm(['rm', 'user']);
    await restart(w);
    expect(await names(w)).toEqual(['linux']);
    expect(kept(w)).toHaveLength(4);
  });
});

describe('the disk of an image', () => {
  const disks = (w: World) => readdirSync(homePaths(w.home).disks).map((name) => join(homePaths(w.home).disks, name));

  it('without an image goes at the next start', async () => {
    const w = world();
    await w.mvm(['images', 'import', await saying('hello').folder(folder)]);
    const left = join(homePaths(w.home).disks, `sha256-${'0'.repeat(64)}.erofs`);
    writeFileSync(left, 'of an import that was killed');
    process.kill(await w.servicePid(), 'SIGKILL');
    await w.mvm(['images']);
    expect(existsSync(left)).toBe(false);
    expect(disks(w)).toHaveLength(1);
  });

  it('is built once when several runs start at once', async () => {
    const w = world();
    await w.mvm(['images', 'import', await saying('hello').folder(folder)]);
    for (const disk of disks(w)) rmSync(disk);
    const made = new Set<string>();
    const { disks: inside } = homePaths(w.home);
    const runs = ['a', 'b', 'c'].map(() => w.start(['run', 'hello']));
    const results = Promise.all(runs.map(({ ended }) => ended));
    await eventually(() => {
      for (const name of readdirSync(inside)) made.add(name);
      return [...made].some((name) => name.endsWith('.erofs'));
    }, 'the disk');
    expect((await results).map(({ stdout }) => stdout)).toEqual(['hello', 'hello', 'hello']);
    expect([...made].filter((name) => name.includes('.building-')).length).toBeLessThanOrEqual(1);
    expect(disks(w)).toHaveLength(1);
  });

  it.each([
    ['cut off', (disk: string) => truncateSync(disk, 4096)],
    ['emptied', (disk: string) => truncateSync(disk, 0)],
    ['overwritten', (disk: string) => writeFileSync(disk, Buffer.alloc(statSync(disk).size))],
    ['changed in its middle', (disk: string) => writeFileSync(disk, readFileSync(disk).fill(1, 300_000, 300_100))],
  ])('is built again when it was %s', async (_, spoil) => {
    const w = world();
    await w.mvm(['images', 'import', await saying('hello').folder(folder)]);
    await w.mvm(['run', 'hello']);
    const [disk = ''] = disks(w);
    const whole = readFileSync(disk);
    spoil(disk);
    expect((await w.mvm(['run', 'hello'])).stdout).toBe('hello');
    expect(readFileSync(disk).equals(whole)).toBe(true);
  });

  it.each([
    ['a layer is cut off', (w: World) => truncateSync(largestBlob(w), 5000)],
    [
      'a layer is changed',
      (w: World) => writeFileSync(largestBlob(w), readFileSync(largestBlob(w)).fill(1, 9000, 9001)),
    ],
    ['a layer is gone', (w: World) => rmSync(largestBlob(w))],
    ['the store has lost the image', (w: World) => writeFileSync(join(w.home, 'index.json'), emptyIndex)],
  ])('that cannot be built because %s says how to get the image back, and that way works', async (_, spoil) => {
    const w = world();
    const source = await saying('hello').folder(folder);
    await w.mvm(['images', 'import', source]);
    for (const disk of disks(w)) rmSync(disk);
    spoil(w);
    const { code, stderr } = await w.mvm(['run', 'hello']);
    expect(code).toBe(125);
    expect(stderr).toMatch(/Remove it and import it again: mvm images rm hello/);
    await w.mvm(['images', 'rm', 'hello']);
    await w.mvm(['images', 'import', source]);
    expect((await w.mvm(['run', 'hello'])).stdout).toBe('hello');
  });

  const emptyIndex = JSON.stringify({ schemaVersion: 2, manifests: [] });

  function largestBlob({ home }: World): string {
    const blobs = join(home, 'blobs', 'sha256');
    const paths = readdirSync(blobs).map((name) => join(blobs, name));
    return paths.reduce((most, one) => (statSync(one).size > statSync(most).size ? one : most));
  }
});
