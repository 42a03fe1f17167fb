/**
 * A docker-archive (`docker save` of all versions since 1.10, skopeo's docker-archive:, podman save) as the OCI layout
 * that docker 25 would have written: its list says what each image consists of, the manifests are made from that.
 * https://github.com/moby/docker-image-spec/blob/main/v1.2.md, "Combined Image JSON + Filesystem Changeset Format".
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { MvmError } from '../../vmm/contract/errors.ts';
import { type Compression, compressionOf } from '../rootfs/compression.ts';
import type { Archive } from './archive.ts';
import { CONTAINERD_NAME, type Descriptor, type DockerImage, documents, parseDocument } from './documents.ts';
import { blobName, contents } from './layout.ts';
import { type LayoutSource, notLayout, type SourceFile } from './source.ts';

const LIST = 'manifest.json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIGURATION = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** @param path names the archive in messages */
export async function dockerArchive(archive: Archive, path: string): Promise<LayoutSource> {
  const list = await archive.file(LIST);
  if (list === null) throw await notDockers(archive, path);
  const images = parseDocument(documents.dockerList, await contents(list, LIST), LIST);
  const layout = new MadeLayout(archive);
  const manifests: Descriptor[] = [];
  for (const image of images) {
    const descriptor = await layout.add(image);
    const names = image.RepoTags?.length ? image.RepoTags : [null];
    for (const name of names) manifests.push(name === null ? descriptor : named(descriptor, name));
  }
  layout.put('oci-layout', { imageLayoutVersion: '1.0.0' });
  layout.put('index.json', { schemaVersion: 2, manifests });
  return layout;
}

const named = (descriptor: Descriptor, name: string): Descriptor => ({
  ...descriptor,
  annotations: { [CONTAINERD_NAME]: name },
});

class MadeLayout implements LayoutSource {
  readonly #archive: Archive;
  readonly #files = new Map<string, SourceFile>();
  /** by name: a layer that many images share is looked at once */
  readonly #layers = new Map<string, Promise<FoundLayer>>();

  constructor(archive: Archive) {
    this.#archive = archive;
  }

  async file(name: string): Promise<SourceFile | null> {
    return this.#files.get(name) ?? null;
  }

  put(name: string, document: object): Buffer {
    const bytes = Buffer.from(JSON.stringify(document));
    this.#files.set(name, { size: bytes.length, stream: () => Readable.from([bytes]) });
    return bytes;
  }

  /** Names the image's parts by their digests, and makes its manifest. */
  async add(image: DockerImage): Promise<Descriptor> {
    const file = await this.#find(image.Config);
    const bytes = await contents(file, quoted(image.Config));
    const { rootfs } = parseDocument(documents.configuration, bytes, quoted(image.Config));
    const counts = [image.Layers.length, rootfs.diff_ids.length];
    if (counts[0] !== counts[1]) throw damaged(`it has ${counts[0]} layers, but its configuration ${counts[1]}`);
    const layers: Descriptor[] = [];
    for (const [index, name] of image.Layers.entries()) layers.push(await this.#layer(name, rootfs.diff_ids[index]));
    const config = this.#blob(CONFIGURATION, digestOf(bytes), file);
    return this.#manifest({ schemaVersion: 2, mediaType: MANIFEST, config, layers });
  }

  /** An uncompressed layer has the digest that the configuration gives it; the import proves it. */
  async #layer(name: string, diffId = ''): Promise<Descriptor> {
    const { file, compression, digest } = await this.#look(name);
    return compression === 'none'
      ? this.#blob(LAYER, diffId, file)
      : this.#blob(`${LAYER}+${compression}`, digest ?? '', file);
  }

  #look(name: string): Promise<FoundLayer> {
    const looked = this.#layers.get(name) ?? this.#find(name).then(lookAt);
    this.#layers.set(name, looked);
    return looked;
  }

  async #find(name: string): Promise<SourceFile> {
    const file = await this.#archive.file(Buffer.from(name).toString('latin1'));
    if (file === null) throw damaged(`${LIST} names ${quoted(name)}, which is not in it`);
    return file;
  }

  #blob(mediaType: string, digest: string, file: SourceFile): Descriptor {
    this.#files.set(blobName(digest), file);
    return { mediaType, digest, size: file.size };
  }

  #manifest(manifest: object): Descriptor {
    const bytes = Buffer.from(JSON.stringify(manifest));
    const digest = digestOf(bytes);
    this.put(blobName(digest), manifest);
    return { mediaType: MANIFEST, digest, size: bytes.length };
  }
}

interface FoundLayer {
  file: SourceFile;
  compression: Compression;
  /** of a compressed one, as it is */
  digest?: string;
}

async function lookAt(file: SourceFile): Promise<FoundLayer> {
  const compression = await compressionIn(file);
  if (compression === 'none') return { file, compression };
  const hash = createHash('sha256');
  for await (const chunk of file.stream()) hash.update(chunk);
  return { file, compression, digest: `sha256:${hash.digest('hex')}` };
}

async function compressionIn(file: SourceFile): Promise<Compression> {
  for await (const chunk of file.stream()) return compressionOf(chunk as Buffer);
  return 'none';
}

const quoted = (name: string): string => JSON.stringify(name.slice(0, 200));

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function notDockers(archive: Archive, path: string): Promise<MvmError> {
  const isOlder = (await archive.file('repositories')) !== null;
  const older = 'It comes from a docker before 1.10: load it into a newer one and save it again.';
  return notLayout(path, isOlder ? older : `It has neither a file named oci-layout nor one named ${LIST}.`);
}

function damaged(what: string): MvmError {
  return new MvmError('image.corrupt', `This image is damaged: ${what}.`);
}
