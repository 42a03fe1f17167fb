/** The images of a home as an OCI image layout on disk, which other tools read as well. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import type { ImageConfig, Platform } from '../../vmm/contract/types.ts';
import { type BlobInput, blobPath, holdsBlob, keepBlobs, putBlobs, removeUnfinishedBlobs } from './blobs.ts';
import { type Choice, chooseImages } from './choose.ts';
import { type Descriptor, type Index, nameIn } from './documents.ts';
import { blobFile, type FoundImage, readImage, readIndex } from './layout.ts';
import { folderSource, openSource } from './open-source.ts';
import { emptyIndex, withImage, withoutImages, withoutName } from './own-index.ts';
import { normaliseReference } from './reference.ts';
import { removeUnfinishedJson, saveJson } from './save-json.ts';
import type { LayoutSource } from './source.ts';

export interface ImportedImage {
  manifestDigest: string;
  configDigest: string;
  platform: Platform;
  config: ImageConfig;
  /** lowest first; `diffId` is the digest of what a layer contains, uncompressed */
  layers: { digest: string; size: number; mediaType: string; diffId: string }[];
  /** size of the layers as stored */
  bytes: number;
  /** normalised */
  reference: string | null;
}

export interface ImportOptions {
  /** name to give to the one image that is meant; otherwise all come, under the names that the source gives them */
  reference?: string;
  platform?: Platform;
  signal?: AbortSignal;
  /** throws when an image may not have the name that the source gives it */
  mayBeNamed?: (reference: string) => void;
  onProgress?: (step: 'unpacking' | 'importing', bytes: number, total?: number) => void;
  /** Called for each image when its blobs are here, still under other names; when it fails, nothing is kept. */
  prepare?: (image: ImportedImage, pathOf: (digest: string) => string) => Promise<void>;
}

/** Makes the layout where there is none, and removes what a killed import left; nobody else may have it open. */
export async function openStore(folder: string): Promise<Store> {
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true, mode: 0o700 });
  await removeUnfinishedBlobs(blobs);
  await removeUnfinishedJson(join(folder, INDEX));
  const files = { 'oci-layout': { imageLayoutVersion: '1.0.0' }, [INDEX]: emptyIndex };
  for (const [name, document] of Object.entries(files)) {
    if (!existsSync(join(folder, name))) await saveJson(join(folder, name), document);
  }
  return new Store(folder, folderSource(folder));
}

const INDEX = 'index.json';

const LINUX_AMD64: Platform = { os: 'linux', architecture: 'amd64' };

export class Store {
  readonly #folder: string;
  readonly #blobs: string;
  readonly #own: LayoutSource;
  /** settles when no change of the index is under way */
  #changes: Promise<unknown> = Promise.resolve();
  /** blobs that imports under way count on, and no image yet */
  readonly #counted = new Set<ReadonlySet<string>>();

  constructor(folder: string, own: LayoutSource) {
    this.#folder = folder;
    this.#blobs = join(folder, 'blobs', 'sha256');
    this.#own = own;
  }

  path(digest: string): string {
    return blobPath(this.#blobs, digest);
  }

  /**
   * From an OCI layout folder, an oci-archive or a docker-archive, every digest and size checked on the way: all or
   * nothing. One for each name, as `list` has them.
   */
  async importFrom(path: string, options: ImportOptions = {}): Promise<ImportedImage[]> {
    const { platform = LINUX_AMD64, signal, onProgress = () => {} } = options;
    const reference = options.reference === undefined ? null : normaliseReference(options.reference);
    try {
      const spooling = { spool: this.#blobs, onUnpacked: (bytes: number) => onProgress('unpacking', bytes) };
      const source = await openSource(path, { ...spooling, ...(signal && { signal }) });
      try {
        const choices = await chooseImages(source, await readIndex(source, path), { platform, reference });
        if (reference === null)
          choices.flatMap(({ references }) => references).forEach(options.mayBeNamed ?? (() => {}));
        return await this.#countingOn(blobsOf(choices), () => this.#take(source, choices, options));
      } finally {
        await source.close();
      }
    } catch (error) {
      throw isCorrupt(error) ? damagedSource(path, error) : error;
    }
  }

  /** Every blob compared with its digest. @throws MvmError `image.not-stored`, `image.corrupt` */
  async read(manifestDigest: string): Promise<ImportedImage> {
    const { manifests } = await this.#index();
    const entry = manifests.find(({ digest }) => digest === manifestDigest);
    if (entry === undefined) throw notStored(manifestDigest);
    const image = await readImage(this.#own, entry);
    for (const layer of image.manifest.layers) {
      await blobFile(this.#own, layer);
      if (!(await holdsBlob(this.#blobs, layer))) throw damaged(`its layer ${layer.digest} has changed on this disk`);
    }
    return describe(image, nameIn(entry));
  }

  /** All images that are whole, one for each name. */
  async list(): Promise<ImportedImage[]> {
    const { manifests } = await this.#index();
    const images = await Promise.all(manifests.map((entry) => this.#readIfWhole(entry)));
    return images.filter((image) => image !== null);
  }

  /** Takes a name away and keeps the image. */
  unname(reference: string): Promise<void> {
    return this.#alone(async () => this.#save(withoutName(await this.#index(), normaliseReference(reference))));
  }

  /** Removes the image with all its names, and the blobs that no other image needs. */
  removeImage(manifestDigest: string): Promise<void> {
    return this.#alone(() => this.#drop((digest) => digest === manifestDigest));
  }

  /** One change of the index after another. */
  #alone<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(change);
    // Its caller hears of a failure; the next change starts either way.
    this.#changes = result.catch(() => {});
    return result;
  }

  async #countingOn<T>(blobs: ReadonlyMap<string, unknown>, work: () => Promise<T>): Promise<T> {
    const digests = new Set(blobs.keys());
    this.#counted.add(digests);
    try {
      return await work();
    } finally {
      this.#counted.delete(digests);
    }
  }

  /** Blobs come before the index that names them: a crash between leaves what the next removal takes along. */
  async #take(source: LayoutSource, choices: Choice[], options: ImportOptions): Promise<ImportedImage[]> {
    await putBlobs(this.#blobs, this.#missingBlobs(source, choices, options), async (pathOf) => {
      for (const choice of choices) await options.prepare?.(describe(choice, null), pathOf);
    });
    const entries = entriesOf(choices);
    await this.#alone(async () => {
      let index = await this.#index();
      for (const { descriptor, image } of entries)
        index = withImage(index, { descriptor, platform: image.platform, reference: image.reference });
      await this.#save(index);
    });
    return entries.map(({ image }) => image);
  }

  /** What is here already is read as well: a new import mends what was damaged on this disk. */
  async *#missingBlobs(
    source: LayoutSource,
    choices: Choice[],
    { signal, onProgress }: ImportOptions,
  ): AsyncGenerator<BlobInput> {
    const blobs = [...blobsOf(choices).values()];
    const total = blobs.reduce((sum, { size }) => sum + size, 0);
    let bytes = 0;
    const advance = (count: number) => {
      signal?.throwIfAborted();
      bytes += count;
      onProgress?.('importing', bytes, total);
    };
    for (const promised of blobs) {
      if (await holdsBlob(this.#blobs, promised)) advance(promised.size);
      else yield { data: watched((await blobFile(source, promised)).stream(), advance), promised };
    }
  }

  async #drop(isGone: (manifestDigest: string) => boolean): Promise<void> {
    await this.#save(withoutImages(await this.#index(), isGone));
    const { manifests } = await this.#index();
    const needed = new Set([
      ...manifests.map(({ digest }) => digest),
      ...[...this.#counted].flatMap((each) => [...each]),
    ]);
    for (const { configDigest, layers } of await this.list()) {
      needed.add(configDigest);
      for (const { digest } of layers) needed.add(digest);
    }
    await keepBlobs(this.#blobs, needed);
  }

  #index(): Promise<Index> {
    return readIndex(this.#own, this.#folder);
  }

  #save(index: Index): Promise<void> {
    return saveJson(join(this.#folder, INDEX), index);
  }

  async #readIfWhole(entry: Descriptor): Promise<ImportedImage | null> {
    try {
      return describe(await readImage(this.#own, entry), nameIn(entry));
    } catch (error) {
      // Damaged on this disk: of no more use than if it were not there, and no reason to fail for all others.
      if (error instanceof MvmError) return null;
      throw error;
    }
  }
}

async function* watched(data: AsyncIterable<Buffer>, advance: (count: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of data) {
    advance(chunk.length);
    yield chunk;
  }
}

/** One for each name, or one without. */
function entriesOf(choices: Choice[]): { descriptor: Descriptor; image: ImportedImage }[] {
  return choices.flatMap((choice) => {
    const names = choice.references.length > 0 ? choice.references : [null];
    return names.map((name) => ({ descriptor: choice.descriptor, image: describe(choice, name) }));
  });
}

function describe({ descriptor, manifest, configuration }: FoundImage, reference: string | null): ImportedImage {
  const { os, architecture, config } = configuration;
  return {
    manifestDigest: descriptor.digest,
    configDigest: manifest.config.digest,
    platform: { os, architecture },
    config: {
      entrypoint: config?.Entrypoint ?? [],
      cmd: config?.Cmd ?? [],
      env: config?.Env ?? [],
      workingDir: config?.WorkingDir ?? '',
      user: config?.User ?? '',
      labels: config?.Labels ?? {},
      exposedPorts: Object.keys(config?.ExposedPorts ?? {}).sort(),
      stopSignal: config?.StopSignal ?? null,
    },
    layers: manifest.layers.map(({ digest, size, mediaType }, index) => {
      return { digest, size, mediaType, diffId: configuration.rootfs.diff_ids[index] ?? '' };
    }),
    bytes: manifest.layers.reduce((sum, { size }) => sum + size, 0),
    reference,
  };
}

const blobsOf = (choices: Choice[]): Map<string, Descriptor> => {
  const all = choices.flatMap(({ descriptor, manifest }) => [manifest.config, ...manifest.layers, descriptor]);
  return new Map(all.map((blob) => [blob.digest, blob]));
};

function isCorrupt(error: unknown): error is MvmError {
  return error instanceof MvmError && error.code === 'image.corrupt';
}

/** What is found deep inside knows no path, and no next step. */
function damagedSource(path: string, { code, message, details }: MvmError): MvmError {
  const hint = `Nothing of it was kept. Get ${path} again, whole, then import it.`;
  return new MvmError(code, message, { hint, ...(details && { details }) });
}

function damaged(what: string): MvmError {
  return new MvmError('image.corrupt', `This image is damaged: ${what}.`);
}

function notStored(digest: string): MvmError {
  return new MvmError('image.not-stored', `There is no image ${digest} on this disk.`, { details: { digest } });
}
