/**
 * Archives, lists and manifests of images, spoiled at random: whatever comes, the answer is an MvmError or an image, and
 * the work is bounded by the input, so that nothing hangs. `MVM_FUZZ` is the number of cases, `MVM_FUZZ_SEED` begins elsewhere.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Archive } from '../../images/registry/archive.ts';
import { chooseImages } from '../../images/registry/choose.ts';
import { dockerArchive } from '../../images/registry/docker-archive.ts';
import { readIndex } from '../../images/registry/layout.ts';
import type { LayoutSource } from '../../images/registry/source.ts';
import { type ByteSource, memorySource } from '../../images/rootfs/byte-source.ts';
import { layOut } from '../../images/rootfs/erofs-plan.ts';
import { mergeLayers } from '../../images/rootfs/layers.ts';
import { readTar } from '../../images/rootfs/tar.ts';
import { MvmError } from '../../vmm/contract/errors.ts';
import { dockerSave, file, layerOf } from '../images/docker-archive.ts';
import { Random } from '../random.ts';

const cases = Number(process.env.MVM_FUZZ ?? 3000);
const firstSeed = Number(process.env.MVM_FUZZ_SEED ?? 1);

const corpus = join(import.meta.dirname, 'corpus', 'tar');
const archives = readdirSync(corpus).map((name) => readFileSync(join(corpus, name)));

const BLOCK = 512;

/** A few of these each time; all but the last let the next checksum match again. */
const tarMutations: ((archive: Buffer, random: Random) => Buffer)[] = [
  (archive, random) => edited(archive, random, (block) => block.writeUInt8(random.below(256), random.below(BLOCK))),
  (archive, random) => edited(archive, random, (block) => block.writeUInt8(random.pick(TYPES), 156)),
  (archive, random) =>
    edited(archive, random, (block) =>
      block.write(random.pick(NUMBERS), random.pick([100, 108, 116, 124, 136, 329]), 'latin1'),
    ),
  (archive, random) =>
    edited(archive, random, (block) => block.write(random.pick(NAMES), random.pick([0, 157, 345]), 'latin1')),
  (archive, random) => {
    const [from, to, length] = [blockOf(archive, random), blockOf(archive, random), BLOCK * (1 + random.below(4))];
    return Buffer.concat([archive.subarray(0, to), archive.subarray(from, from + length), archive.subarray(to)]);
  },
  (archive, random) => {
    const from = blockOf(archive, random);
    return Buffer.concat([archive.subarray(0, from), archive.subarray(from + BLOCK)]);
  },
  (archive, random) => Buffer.concat([archive, random.pick(archives)]),
  (archive, random) => archive.subarray(0, random.below(archive.length)),
  (archive, random) => {
    const copy = Buffer.from(archive);
    if (copy.length > 0) copy.writeUInt8(random.below(256), random.below(copy.length));
    return copy;
  },
];

const TYPES = [...'01234567xgLKSDMNVXA\0'].map((type) => type.charCodeAt(0));
const NUMBERS = [
  '77777777777\0',
  '\x80\0\0\0\xff\xff\xff\xff',
  '\xff\xff\xff\xff\xff\xff\xff\xff',
  '-1\0',
  '0\0',
  ' 12 \0',
  '99999999',
];
const NAMES = [
  '../x\0',
  '/\0',
  '.\0',
  '\0',
  'd/.wh..wh..opq\0',
  '.wh.d\0',
  'd/file/x\0',
  'd\0',
  '.wh.\0',
  '//d//./soft/x\0',
];

function blockOf(archive: Buffer, random: Random): number {
  return BLOCK * random.below(1 + Math.floor(archive.length / BLOCK));
}

/** Changes one block and, three times in four, makes its checksum right again. */
function edited(archive: Buffer, random: Random, change: (block: Buffer) => void): Buffer {
  const copy = Buffer.from(archive);
  const block = copy.subarray(blockOf(copy, random)).subarray(0, BLOCK);
  if (block.length < BLOCK) return copy;
  change(block);
  if (random.below(4) > 0) {
    block.fill(' ', 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  }
  return copy;
}

const documentTokens = [
  'null',
  '-1',
  '1e999',
  '"sha256:x"',
  '[]',
  '{}',
  '"__proto__":{},',
  '2',
  '\\ud800',
  '\0',
  '9'.repeat(40),
];

/** Cuts, doubles and replaces parts of a JSON text. */
function spoiledText(text: string, random: Random): string {
  const [from, length] = [random.below(text.length + 1), random.below(12)];
  const middle = random.pick([() => '', () => random.pick(documentTokens), () => text.slice(from, from + 40)])();
  return text.slice(0, from) + middle + text.slice(from + length);
}

/** A layout of one image whose documents are spoiled before their digests are taken, so that they are read at all. */
function spoiledLayout(random: Random): LayoutSource {
  const files = new Map<string, Buffer>();
  const spoil = (document: object) =>
    random.below(2) === 0 ? spoiledText(JSON.stringify(document), random) : JSON.stringify(document);
  const blob = (mediaType: string, text: string) => {
    const hex = createHash('sha256').update(text).digest('hex');
    files.set(`blobs/sha256/${hex}`, Buffer.from(text));
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
  };
  const layer = blob('application/vnd.oci.image.layer.v1.tar', '');
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const config = { Cmd: ['sh'], Env: ['A=b'], Labels: { a: 'b' }, ExposedPorts: { '1/tcp': {} } };
  const configuration = blob(
    'application/vnd.oci.image.config.v1+json',
    spoil({ os: 'linux', architecture: 'amd64', config, rootfs }),
  );
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = blob(manifestType, spoil({ schemaVersion: 2, config: configuration, layers: [layer] }));
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations: { 'io.containerd.image.name': 'a' } }] };
  files.set('oci-layout', Buffer.from(spoil({ imageLayoutVersion: '1.0.0' })));
  files.set('index.json', Buffer.from(spoil(index)));
  return {
    async file(name) {
      const bytes = files.get(name);
      return bytes ? { size: bytes.length, stream: () => Readable.from([bytes]) } : null;
    },
  };
}

/** 'image', or the code of the error; anything but an MvmError goes through. */
async function outcome(seed: number, work: () => unknown): Promise<string> {
  try {
    await work();
    return 'image';
  } catch (error) {
    if (error instanceof MvmError) return error.code;
    throw new Error(`MVM_FUZZ_SEED=${seed} MVM_FUZZ=1 shows it again`, { cause: error });
  }
}

async function outcomes(work: (random: Random) => unknown): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
    seen.add(await outcome(seed, () => work(new Random(seed))));
  }
  return seen;
}

/** Each header is read once, with what it says and what ends the archive: more reads than that are a hang. */
function bounded(source: ByteSource): ByteSource {
  let left = 4 + (2 * source.size) / BLOCK;
  return {
    size: source.size,
    read(position, length) {
      left -= 1;
      if (left < 0) throw new Error('it reads without an end');
      return source.read(position, length);
    },
  };
}

/** A docker-archive whose list and configurations are spoiled; its layers stay as they are. */
function spoiledDockerArchive(random: Random): Archive {
  const files = new Map<string, Buffer>();
  for (const entry of savedByDocker) {
    if (entry.kind !== 'file') continue;
    const isDocument = entry.path.endsWith('.json') && random.below(2) === 0;
    const text = entry.content.toString('latin1');
    files.set(entry.path, isDocument ? Buffer.from(spoiledText(text, random), 'latin1') : entry.content);
  }
  return {
    async file(name) {
      const bytes = files.get(name);
      return bytes ? { size: bytes.length, stream: () => Readable.from([bytes]) } : null;
    },
  };
}

const savedByDocker = dockerSave([
  { tags: ['a:1', 'a:2'], layers: [layerOf(file('x', 'y'))] },
  { tags: null, layers: [layerOf(file('z', '')), layerOf(file('w', 'y'))], config: { Cmd: ['sh'], Env: ['A=b'] } },
]);

function mergeSpoiled(random: Random): void {
  let archive: Buffer = random.pick(archives);
  for (let count = random.below(6); count >= 0; count--) archive = random.pick(tarMutations)(archive, random);
  const entries = [...readTar(bounded(memorySource(archive)))];
  expect(entries.length).toBeLessThanOrEqual(archive.length / BLOCK);
  layOut(mergeLayers([readTar(memorySource(random.pick(archives.slice(0, 3)))), entries]));
}

describe('images from anywhere', () => {
  it('spoiled archives are refused by name or make a disk', { timeout: 0 }, async () => {
    const seen = await outcomes(mergeSpoiled);
    if (cases >= 1000) expect(seen).toEqual(new Set(['image', 'image.corrupt', 'image.unsupported']));
  });

  it('spoiled manifests are refused by name or are an image', { timeout: 0 }, async () => {
    const wanted = { platform: { os: 'linux', architecture: 'amd64' }, reference: null };
    const seen = await outcomes(async (random) => {
      const source = spoiledLayout(random);
      await chooseImages(source, await readIndex(source, 'it'), wanted);
    });
    if (cases >= 1000)
      expect([...seen]).toEqual(expect.arrayContaining(['image', 'image.corrupt', 'image.unsupported']));
  });

  it('spoiled docker-archives are refused by name or give images', { timeout: 0 }, async () => {
    const wanted = { platform: { os: 'linux', architecture: 'amd64' }, reference: null };
    const seen = await outcomes(async (random) => {
      const layout = await dockerArchive(spoiledDockerArchive(random), 'it');
      await chooseImages(layout, await readIndex(layout, 'it'), wanted);
    });
    if (cases >= 1000) expect([...seen]).toEqual(expect.arrayContaining(['image', 'image.corrupt']));
  });
});
