import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildBaseImage } from '../../build/base/build.ts';
import { openStore } from '../../images/registry/store.ts';
import { buildDisk } from '../../images/rootfs/build-disk.ts';
import { readErofs } from './erofs-reader.ts';

const hasBusybox = spawnSync('busybox', ['true']).status === 0;
const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mvm-interop-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const build = (log: (text: string) => void = () => {}) => buildBaseImage({ cache: join(folder, 'cache'), log });

/** What a guest would mount. */
async function diskFacts(source: string) {
  const store = await openStore(join(folder, 'home'));
  const [image] = await store.importFrom(source);
  const { layers, manifestDigest } = image as NonNullable<typeof image>;
  const inputs = layers.map((layer) => ({ ...layer, path: store.path(layer.digest) }));
  const out = join(folder, 'image.erofs');
  await buildDisk({ layers: inputs, out, uuidFrom: manifestDigest });
  return { layers, facts: readErofs(await readFile(out)) };
}

describe.skipIf(!hasBusybox)(`the base image${hasBusybox ? '' : ' (skipped: busybox-static is not installed)'}`, () => {
  it('has busybox under the names of its applets, and its licence', async () => {
    const { facts } = await diskFacts((await build()).archive);
    const at = (path: string) => facts.find((fact) => fact.path === path);
    expect(at('/bin/sh')).toMatchObject({ kind: 'file', mode: 0o755, content: at('/bin/busybox')?.content });
    expect(at('/bin/sh')?.sameAs).toBe(at('/bin/busybox')?.sameAs);
    expect(at('/bin/busybox')?.links).toBe(facts.filter(({ sameAs }) => sameAs === at('/bin/sh')?.sameAs).length);
    expect(at('/usr/share/doc/busybox/copyright')?.content?.size).toBeGreaterThan(1000);
  });

  it('has the folders and modes that programs expect', async () => {
    const { facts } = await diskFacts((await build()).archive);
    const modes = Object.fromEntries(facts.map(({ path, mode }) => [path, mode]));
    expect(modes).toMatchObject({
      '/': 0o755,
      '/tmp': 0o1777,
      '/var/tmp': 0o1777,
      '/root': 0o700,
      '/etc/shadow': 0o600,
    });
    expect(modes).toMatchObject({ '/proc': 0o755, '/sys': 0o755, '/dev': 0o755, '/run': 0o755, '/home': 0o755 });
  });

  it('is the same, and built once, from the same busybox', async () => {
    const steps: string[] = [];
    const first = await build((text) => steps.push(text));
    const bytes = await readFile(first.archive);
    expect(await build((text) => steps.push(text))).toEqual(first);
    expect(steps).toHaveLength(1);
    await rm(join(folder, 'cache'), { recursive: true });
    expect((await readFile((await build()).archive)).equals(bytes)).toBe(true);
  });

  const why = hasSkopeo ? '' : ' (skipped: skopeo is not installed)';
  it.skipIf(!hasSkopeo)(`comes through skopeo, which compresses it, as the same files${why}`, async () => {
    const { archive } = await build();
    const packed = join(folder, 'packed.tar');
    const copy = ['copy', '--quiet', '--insecure-policy', '--dest-compress', `oci-archive:${archive}`];
    execFileSync('skopeo', [...copy, `oci-archive:${packed}:linux`]);
    const plain = await diskFacts(archive);
    const compressed = await diskFacts(packed);
    expect(compressed.layers[0]?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip');
    expect(compressed.facts).toEqual(plain.facts);
  });
});
