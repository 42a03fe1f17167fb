import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AMD64,
  ARM64,
  archive,
  blobName,
  type Described,
  INDEX,
  LAYER,
  Layout,
  named,
} from '../../test/images/layout.ts';
import { type TarInput, writeTar } from '../rootfs/tar-writer.ts';
import { type ImportedImage, type ImportOptions, openStore, type Store } from './store.ts';

let temporary = '';
let store: Store;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'mvm-store-'));
  store = await openStore(join(temporary, 'home'));
});
afterEach(() => rm(temporary, { recursive: true, force: true }));

const blobs = () => readdir(join(temporary, 'home', 'blobs', 'sha256'));

async function importOne(path: string, options?: ImportOptions) {
  const images = await store.importFrom(path, options);
  expect(images).toHaveLength(1);
  return images[0] as (typeof images)[0];
}

const one = (text = 'hello') => {
  const layout = new Layout();
  return layout.index(named(layout.image(text), text));
};

describe('importing', () => {
  it('takes a folder and an archive alike', async () => {
    const fromFolder = await importOne(await one().folder(temporary));
    expect(await importOne(await one().archive(temporary))).toEqual(fromFolder);
    expect(fromFolder).toMatchObject({ platform: AMD64, reference: 'hello' });
    expect(fromFolder.layers.map(({ digest }) => existsSync(store.path(digest)))).toEqual([true]);
    expect(await store.list()).toEqual([fromFolder]);
  });

  it('reads the configuration, with nothing where the image says nothing', async () => {
    const layout = new Layout();
    const config = { Entrypoint: ['/a'], Cmd: null, Env: ['A=b'], User: '7:8', ExposedPorts: { '80/tcp': {} } };
    const { config: found } = await importOne(await layout.index(layout.image('x', { config })).folder(temporary));
    const nothing = { cmd: [], workingDir: '', labels: {}, stopSignal: null };
    expect(found).toEqual({ entrypoint: ['/a'], env: ['A=b'], user: '7:8', exposedPorts: ['80/tcp'], ...nothing });
  });

  it('prefers the name it was given, then containerd’s, then the layout’s own', async () => {
    const layout = new Layout();
    const whole = 'docker.io/library/whole:1';
    layout.index(named(layout.image('x'), whole, 'io.containerd.image.name'));
    expect((await importOne(await layout.folder(temporary), { reference: 'mine' })).reference).toBe('mine');
    expect((await importOne(await layout.folder(temporary))).reference).toBe('whole:1');
    const label = layout.index(named(layout.image('x'), 'No Name At All'));
    expect((await importOne(await label.folder(temporary))).reference).toBeNull();
  });

  it('chooses the platform, through nested indexes too', async () => {
    const layout = new Layout();
    const arm = { ...layout.image('arm', { platform: ARM64 }), platform: ARM64 };
    const amd = { ...layout.image('amd'), platform: AMD64 };
    const proof = { ...layout.image('proof'), platform: { os: 'unknown', architecture: 'unknown' } };
    const inner = layout.blob(INDEX, { schemaVersion: 2, manifests: [arm, amd, proof] });
    const imported = await importOne(await layout.index(named(inner, 'multi')).folder(temporary));
    expect(imported).toMatchObject({ manifestDigest: amd.digest, reference: 'multi' });
  });

  it('names the platforms there are when none fits', async () => {
    const layout = new Layout();
    const path = await layout.index(layout.image('arm', { platform: ARM64 })).folder(temporary);
    await expect(importOne(path)).rejects.toMatchObject({
      code: 'image.wrong-platform',
      details: { platforms: ['linux/arm64'] },
    });
  });

  it('takes all of several images, or the one that is named', async () => {
    const layout = new Layout();
    const [a, b] = [layout.image('a'), layout.image('b')];
    const path = await layout.index(named(a, 'a'), named(b, 'b'), named(a, 'again')).folder(temporary);
    expect((await importOne(path, { reference: 'b' })).manifestDigest).toBe(b.digest);
    expect((await store.list()).map(({ reference }) => reference)).toEqual(['b']);
    const all = await store.importFrom(path);
    expect(all.map(({ reference }) => reference)).toEqual(['a', 'again', 'b']);
    expect(await store.list()).toEqual(expect.arrayContaining(all));
  });

  it('asks which of several images is meant by a name that none of them has', async () => {
    const layout = new Layout();
    const path = await layout.index(named(layout.image('a'), 'a'), named(layout.image('b'), 'b')).folder(temporary);
    await expect(importOne(path, { reference: 'c' })).rejects.toMatchObject({
      code: 'image.ambiguous',
      details: { names: ['a', 'b'] },
    });
  });

  it('takes the first of several images of one name and platform', async () => {
    const layout = new Layout();
    const [v1, v3] = [layout.image('v1'), layout.image('v3')];
    const entries = [v1, v3].map((image) => ({ ...named(image, 'x'), platform: AMD64 }));
    const path = await layout.index(...entries).folder(temporary);
    expect(await importOne(path)).toMatchObject({ manifestDigest: v1.digest, reference: 'x' });
  });

  it('takes none when one of its names is not to be had', async () => {
    const layout = new Layout();
    const path = await layout.index(named(layout.image('a'), 'a'), named(layout.image('b'), 'b')).folder(temporary);
    const mayBeNamed = (name: string) => {
      if (name === 'b') throw new Error('not b');
    };
    await expect(store.importFrom(path, { mayBeNamed })).rejects.toThrow('not b');
    expect(await blobs()).toEqual([]);
    expect(await importOne(path, { mayBeNamed, reference: 'a' })).toMatchObject({ reference: 'a' });
  });

  it('lets each image be prepared, and keeps nothing when one cannot be', async () => {
    const layout = new Layout();
    const path = await layout.index(layout.image('good'), layout.image('bad')).folder(temporary);
    const seen: string[] = [];
    const prepare = async ({ layers }: ImportedImage, pathOf: (digest: string) => string) => {
      const contents = await readFile(pathOf(layers[0]?.digest ?? ''), 'latin1');
      seen.push(contents.slice(0, contents.indexOf('\0')));
      if (seen.includes('bad')) throw new Error('bad is bad');
    };
    await expect(store.importFrom(path, { prepare })).rejects.toThrow('bad is bad');
    expect(seen).toEqual(['good', 'bad']);
    expect(await blobs()).toEqual([]);
    expect(await store.list()).toEqual([]);
  });

  it('goes on while another image is removed', async () => {
    const other = await importOne(await one('other').folder(temporary));
    const prepare = () => store.removeImage(other.manifestDigest);
    const image = await importOne(await one().folder(temporary), { prepare });
    expect(await store.list()).toEqual([image]);
    expect(await store.read(image.manifestDigest)).toEqual(image);
    expect((await blobs()).length).toBe(3);
  });

  it('tells how far it is, and stops when told to', async () => {
    const seen: { bytes: number; total?: number | undefined }[] = [];
    await importOne(await one().folder(temporary), { onProgress: (_, bytes, total) => seen.push({ bytes, total }) });
    expect(seen.at(-1)?.bytes).toBe(seen.at(-1)?.total);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(importOne(await one('other').folder(temporary), { signal })).rejects.toThrow('enough');
    expect((await store.list()).map(({ reference }) => reference)).toEqual(['hello']);
    expect(await blobs()).toHaveLength(3);
  });

  const spoiled = (spoil: (layout: Layout, manifest: Described) => void) => {
    const layout = new Layout();
    const manifest = layout.image('x');
    layout.index(manifest);
    spoil(layout, manifest);
    return layout;
  };

  it.each([
    [
      'a missing manifest',
      spoiled((l, m) => l.files.delete(blobName(m))),
      'image.corrupt',
      /blob sha256:\w+ is missing/,
    ],
    [
      'a changed manifest',
      spoiled((l, m) => l.files.set(blobName(m), Buffer.alloc(m.size, ' '))),
      'image.corrupt',
      /manifest sha256:\w+ has the digest sha256:/,
    ],
    [
      'a manifest of another size',
      spoiled((l, m) => l.index({ ...m, size: m.size + 1 })),
      'image.corrupt',
      /has \d+ bytes in place of/,
    ],
    [
      'a digest that is a path',
      spoiled((l, m) => l.index({ ...m, digest: 'sha256:../../../etc/passwd' })),
      'image.corrupt',
      /manifests\.0\.digest: is no SHA-256 digest/,
    ],
    [
      'an index that is no JSON',
      spoiled((l) => l.files.set('index.json', Buffer.from('{'))),
      'image.corrupt',
      /index\.json is no JSON/,
    ],
    [
      'an index of 5 MiB',
      spoiled((l) => l.files.set('index.json', Buffer.alloc(5 << 20, ' '))),
      'image.too-large',
      /index\.json has 5242880 bytes/,
    ],
    [
      'a layout of the future',
      spoiled((l) => l.files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"2.0.0"}'))),
      'image.corrupt',
      /version that mvm does not know/,
    ],
    ['an index of nothing', new Layout().index(), 'image.unsupported', /no image manifest, but nothing/],
    [
      'a manifest of an unknown type',
      spoiled((l, m) => l.index({ ...m, mediaType: 'application/x-odd' })),
      'image.unsupported',
      /but "application\/x-odd"/,
    ],
    [
      'a configuration of an unknown type',
      spoiled((l) => l.index(l.image('helm', { configType: 'application/x-helm' }))),
      'image.unsupported',
      /configuration of the type "application\/x-helm"/,
    ],
    [
      'an encrypted layer',
      spoiled((l) => l.index(l.image('secret', { layerType: `${LAYER}+encrypted` }))),
      'image.unsupported',
      /layer of the type .*encrypted/,
    ],
    [
      'a list of 1,001 manifests',
      spoiled((l, m) => l.index(...Array.from({ length: 1001 }, () => m))),
      'image.corrupt',
      /manifests: Too big/,
    ],
  ])('refuses %s and keeps nothing', async (_, layout, code, message) => {
    await expect(importOne(await layout.folder(temporary))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    await expect(importOne(await layout.archive(temporary))).rejects.toMatchObject({ code });
    expect(await blobs()).toEqual([]);
  });

  it.each([
    ['changed', (bytes: Buffer) => Buffer.alloc(bytes.length, 'x'), /has the digest/],
    ['too long', (bytes: Buffer) => Buffer.concat([bytes, bytes]), /in place of/],
    ['cut off', (bytes: Buffer) => bytes.subarray(1), /in place of/],
  ])('refuses a layer that is %s', async (_, spoil, message) => {
    const layout = one();
    const [name, bytes] = [...layout.files].filter(([, contents]) => contents.length > 1000)[0] ?? [
      '',
      Buffer.alloc(0),
    ];
    layout.files.set(name, spoil(bytes));
    await expect(importOne(await layout.folder(temporary))).rejects.toThrow(message);
    expect(await store.list()).toEqual([]);
    expect(await blobs()).toEqual([]);
  });

  it.each([
    ['an archive that xz compressed', async () => archive(temporary, Buffer.from('fd377a585a00', 'hex')), /unxz/],
    ['an archive that bzip2 compressed', async () => archive(temporary, Buffer.from('BZh9')), /bunzip2/],
    ['an archive of something else', async () => archive(temporary, gzipSync(writeTar([]))), /skopeo copy docker:/],
    ['a folder of something else', async () => new Layout().folder(temporary), /skopeo copy docker:/],
  ])('says what to do with %s', async (_, make, hint) => {
    await expect(importOne(await make())).rejects.toMatchObject({ hint: expect.stringMatching(hint) });
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('takes an archive that %s compressed, and leaves no unpacked copy', async (_, compress) => {
    const packed = await archive(temporary, compress(await readFile(await one().archive(temporary))));
    const steps = new Set<string>();
    const image = await importOne(packed, { onProgress: (step) => steps.add(step) });
    expect([...steps]).toEqual(['unpacking', 'importing']);
    expect(await store.list()).toEqual([image]);
    expect((await blobs()).length).toBe(3);
  });

  it('refuses a compressed archive that is cut off, or given up, and leaves no unpacked copy', async () => {
    const packed = gzipSync(await readFile(await one().archive(temporary)));
    const cut = await archive(temporary, packed.subarray(0, -20));
    await expect(importOne(cut)).rejects.toMatchObject({ code: 'image.corrupt', hint: expect.stringContaining(cut) });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(importOne(await archive(temporary, packed), { signal })).rejects.toThrow('enough');
    expect(await blobs()).toEqual([]);
  });

  it('refuses an archive with a name that leads out of it', async () => {
    const path = await one().archive(temporary, { path: '../../evil', kind: 'file', content: Buffer.alloc(1) });
    await expect(importOne(path)).rejects.toThrow('../../evil leads out');
  });

  it('refuses an archive of 10,001 files', async () => {
    const many = Array.from({ length: 10_001 }, (_, index): TarInput => ({ path: `f${index}`, kind: 'fifo' }));
    await expect(importOne(await archive(temporary, writeTar(many)))).rejects.toThrow('more than 10000 files');
  });

  it('says so when there is nothing at the path', async () => {
    await expect(importOne(join(temporary, 'nowhere'))).rejects.toMatchObject({
      code: 'image.source-missing',
    });
  });
});

describe('the store', () => {
  it('finds its images again after a restart', async () => {
    const imported = await importOne(await one().folder(temporary));
    const again = await openStore(join(temporary, 'home'));
    expect(await again.read(imported.manifestDigest)).toEqual(imported);
    await expect(again.read(`sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'image.not-stored' });
  });

  it('moves a name to the image that has it last', async () => {
    const first = await importOne(await one('a').folder(temporary), { reference: 'x' });
    const second = await importOne(await one('b').folder(temporary), { reference: 'x' });
    const names = new Map((await store.list()).map(({ manifestDigest, reference }) => [manifestDigest, reference]));
    expect(names).toEqual(
      new Map([
        [first.manifestDigest, null],
        [second.manifestDigest, 'x'],
      ]),
    );
  });

  it('keeps an image under several names until the last is taken away', async () => {
    const folder = await one().folder(temporary);
    await importOne(folder, { reference: 'x' });
    await importOne(folder, { reference: 'y' });
    await store.unname('x');
    expect((await store.list()).map(({ reference }) => reference)).toEqual(['y']);
  });

  it('removes an image and no blob that another needs', async () => {
    const layout = new Layout();
    const [a, b] = [layout.image('same'), layout.image('same', { config: { Cmd: ['b'] } })];
    const first = await importOne(await layout.index(a).folder(temporary), { reference: 'a' });
    const second = await importOne(await layout.index(b).folder(temporary), { reference: 'b' });
    await store.removeImage(first.manifestDigest);
    expect((await blobs()).length).toBe(3);
    expect(await store.read(second.manifestDigest)).toEqual(second);
  });

  it('lists the other images when one is damaged on disk', async () => {
    const damaged = await importOne(await one('a').folder(temporary));
    const whole = await importOne(await one('b').folder(temporary));
    await writeFile(store.path(damaged.configDigest), 'garbage');
    expect(await store.list()).toEqual([whole]);
  });

  it('mends a damaged image when it is imported again', async () => {
    const folder = await one().folder(temporary);
    const image = await importOne(folder);
    const layer = store.path(image.layers[0]?.digest ?? '');
    for (const bytes of [Buffer.alloc(3), Buffer.alloc(image.bytes)]) {
      await writeFile(layer, bytes);
      await importOne(folder);
      expect((await readFile(layer)).includes('hello')).toBe(true);
    }
  });

  it('forgets what a killed import left when it is opened again', async () => {
    const home = join(temporary, 'home');
    await importOne(await one().folder(temporary));
    const before = await readdir(home, { recursive: true });
    await writeFile(join(home, 'blobs', 'sha256', '.partial-1'), 'half');
    await writeFile(join(home, 'index.json.partial-1'), '{');
    await openStore(home);
    expect(await readdir(home, { recursive: true })).toEqual(before);
  });

  it('takes no path for a digest', () => {
    expect(() => store.path('sha256:../../etc/passwd')).toThrow(expect.objectContaining({ code: 'image.bad-digest' }));
  });
});
