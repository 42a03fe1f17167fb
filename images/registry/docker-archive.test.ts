import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DockerImage, dockerSave, file, layerOf, sha256 } from '../../test/images/docker-archive.ts';
import { ARM64, archive } from '../../test/images/layout.ts';
import { type TarInput, writeTar } from '../rootfs/tar-writer.ts';
import { openStore, type Store } from './store.ts';

let temporary = '';
let store: Store;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'mvm-docker-'));
  store = await openStore(join(temporary, 'home'));
});
afterEach(() => rm(temporary, { recursive: true, force: true }));

const blobs = () => readdir(join(temporary, 'home', 'blobs', 'sha256'));
const importing = async (entries: TarInput[], reference?: string) =>
  store.importFrom(await archive(temporary, writeTar(entries)), { ...(reference && { reference }) });

const below = layerOf(file('below', 'x'));
const above = layerOf(file('above', 'y'));
const hello: DockerImage = { tags: ['hello:1', 'docker.io/library/hello:latest'], layers: [below, above] };

/** The archive with other bytes under a name, or without it. */
const spoiled = (path: string, content: string | null, entries = dockerSave([hello])) => [
  ...entries.filter((entry) => entry.path !== path),
  ...(content === null ? [] : [file(path, content)]),
];
const list = (...images: object[]) => spoiled('manifest.json', JSON.stringify(images));
const config = dockerSave([hello])[0]?.path ?? '';

describe('a docker-archive', () => {
  it('gives an image with its configuration, its layers and all its tags', async () => {
    const images = await importing(dockerSave([{ ...hello, config: { Cmd: ['sh'], Env: ['A=b'] } }]));
    expect(images.map(({ reference }) => reference)).toEqual(['hello:1', 'hello']);
    expect(images[0]).toMatchObject({
      config: { cmd: ['sh'], env: ['A=b'], labels: {} },
      layers: [below, above].map((layer) => ({ digest: `sha256:${sha256(layer)}`, size: layer.length })),
    });
    expect(await store.list()).toEqual(images);
    expect((await blobs()).length).toBe(4);
  });

  it('gives the same image again under another name', async () => {
    const [first] = await importing(dockerSave([hello]));
    const [again] = await importing(dockerSave([hello]), 'other');
    expect(again).toEqual({ ...first, reference: 'other' });
  });

  it('gives several images with a common layer, which the second has as a link', async () => {
    const images = await importing(
      dockerSave([hello, { tags: ['only'], layers: [below] }, { tags: null, layers: [above] }]),
    );
    expect(images.map(({ reference }) => reference)).toEqual(['hello:1', 'hello', 'only', null]);
    expect(images.map(({ layers }) => layers.length)).toEqual([2, 2, 1, 1]);
    expect((await blobs()).length).toBe(2 + 3 * 2);
  });

  it('gives one of several images by its name', async () => {
    const two = dockerSave([hello, { tags: ['b'], layers: [below] }]);
    expect((await importing(two, 'b')).map(({ reference }) => reference)).toEqual(['b']);
    await expect(importing(two, 'c')).rejects.toMatchObject({ code: 'image.ambiguous' });
  });

  it.each([
    ['gzip', gzipSync(below), 'gzip'],
    ['zstd', zstdCompressSync(below), 'zstd'],
  ])('may have layers that %s compressed, as docker load takes them', async (_, packed, suffix) => {
    const [image] = await importing(dockerSave([{ tags: ['packed'], layers: [packed], contents: [below] }]));
    const digest = `sha256:${sha256(packed)}`;
    const mediaType = `application/vnd.oci.image.layer.v1.tar+${suffix}`;
    const diffId = `sha256:${sha256(below)}`;
    expect(image?.layers).toEqual([{ digest, size: packed.length, mediaType, diffId }]);
  });

  it('may have its layers as hard links, and names with a dot in front', async () => {
    const entries = dockerSave([hello]).map((entry): TarInput => ({ ...entry, path: `./${entry.path}` }));
    const layer = entries.findIndex(({ path }) => path.endsWith('layer.tar'));
    const { path } = entries[layer] as TarInput;
    entries.splice(layer, 1, file('aside.tar', below), { path, kind: 'hardlink', target: './aside.tar' });
    expect(await importing(entries)).toHaveLength(2);
  });

  const loop: TarInput[] = [
    { path: 'a', kind: 'symlink', target: 'b' },
    { path: 'b', kind: 'symlink', target: 'a' },
  ];
  const layer = dockerSave([hello]).find(({ path }) => path.endsWith('layer.tar'))?.path ?? '';
  it.each<[string, TarInput[], string, RegExp]>([
    ['a list that is none', spoiled('manifest.json', '{}'), 'image.corrupt', /manifest\.json is not as it should be/],
    ['a list of nothing', list(), 'image.unsupported', /no image manifest, but nothing/],
    ['a layer that is another', spoiled(layer, 'x'), 'image.corrupt', /has the digest/],
    ['a layer that is not there', spoiled(layer, null), 'image.corrupt', /layer\.tar", which is not in it/],
    ['a configuration that is not there', spoiled(config, null), 'image.corrupt', /\.json", which is not in it/],
    ['fewer layers than it says', list({ Config: config, RepoTags: [], Layers: [] }), 'image.corrupt', /0 layers, but/],
    ['names that lead out', list({ Config: '../../etc/passwd', Layers: [] }), 'image.corrupt', /which is not in it/],
    ['a loop of links', [...loop, ...list({ Config: 'a', Layers: [] })], 'image.corrupt', /a is a loop of links/],
    ['a list of 5 MiB', spoiled('manifest.json', ' '.repeat(5 << 20)), 'image.too-large', /manifest\.json has 5242880/],
    ['an image for arm64', dockerSave([{ ...hello, platform: ARM64 }]), 'image.wrong-platform', /linux\/arm64/],
    ['files of a docker before 1.10', [file('repositories', '{}')], 'image.not-an-image', /before 1\.10/],
    ['a tar of something else', [file('x', 'y')], 'image.not-an-image', /neither a file named oci-layout nor/],
  ])('is refused with %s, and nothing is kept', async (_, entries, code, message) => {
    await expect(importing(entries)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await blobs()).toEqual([]);
  });
});
