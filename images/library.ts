/** The images of a home: named in the catalog, stored as an OCI layout, each with the disk that guests mount. */
import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { MvmError } from '../vmm/contract/errors.ts';
import { nearest } from '../vmm/contract/nearest.ts';
import type { Image, Machine } from '../vmm/contract/types.ts';
import { type HomePaths, imageDisk } from '../vmm/paths.ts';
import type { Catalog } from './catalog/catalog.ts';
import { normaliseReference } from './registry/reference.ts';
import type { ImportedImage, Store } from './registry/store.ts';
import { buildDisk } from './rootfs/build-disk.ts';
import { isWholeDisk } from './rootfs/whole-disk.ts';
import { type WorkProgress as Progress, SharedWork } from './shared-work.ts';

export interface LibraryOptions {
  paths: HomePaths;
  catalog: Catalog;
  store: Store;
  /** the base image `linux`, an oci-archive, null when none was built */
  baseImage: string | null;
  /** the disk writer's own bundle, where there is one */
  workerUrl?: URL;
  now(): number;
  onChanged(image: Image): void;
  onRemoved(image: Image): void;
}

/** Name of the base image that mvm brings along. */
const BASE = 'linux';

/** In the catalog: which file the base image was imported from, so that an update of mvm brings its own. */
const BASE_IDENTITY = 'baseImage';

function fileIdentity(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}

export class ImageLibrary {
  readonly #options: LibraryOptions;
  #images: Image[];
  /** disks being built, by digest: two runs of a new image build one */
  readonly #building = new Map<string, SharedWork<string>>();

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.#images = options.catalog.images.all();
  }

  list(): Image[] {
    return this.#images;
  }

  /** Lists what the layout on disk has and the catalog lacks: all of it after damage, one image after a sudden end. */
  async reconcile(): Promise<void> {
    for (const imported of await this.#options.store.list()) {
      const { manifestDigest, reference } = imported;
      const known = this.#images.some((image) => image.digest === manifestDigest && image.reference === reference);
      if (!known) this.#remember(imported, reference);
    }
  }

  /** @throws MvmError `image.not-found` with what was meant */
  async resolve(reference: string, progress: Progress): Promise<Image> {
    const name = reference === BASE ? BASE : normaliseReference(reference);
    if (name === BASE) return this.#base(progress);
    const found = this.#find(reference) ?? this.#find(name);
    if (found) return found;
    throw this.#notFound(reference);
  }

  /** Imports all images of an archive or layout folder, or the one that is to have the name. */
  async importFrom(path: string, reference: string | null, progress: Progress, signal?: AbortSignal): Promise<Image[]> {
    if (reference !== null) assertFree(normaliseReference(reference));
    const imported = await this.#options.store.importFrom(path, {
      mayBeNamed: assertFree,
      onProgress: (step, bytes, total) => progress(step === 'unpacking' ? 'unpacking the archive' : step, bytes, total),
      ...(reference !== null && { reference }),
      ...(signal && { signal }),
    });
    return imported.map((image) => this.#remember(image, image.reference));
  }

  async remove(reference: string, machines: Machine[]): Promise<Image> {
    const image = this.#find(reference) ?? this.#find(normaliseReference(reference));
    if (!image) throw this.#notFound(reference);
    const others = this.#images.filter((other) => other !== image);
    const stillNamed = others.some(({ digest }) => digest === image.digest);
    const user = machines.find(({ spec }) => spec.imageDigest === image.digest);
    if (user && !stillNamed)
      throw new MvmError('image.in-use', `image ${reference} is used by machine ${user.name}`, {
        hint: `Remove the machine first: mvm rm --force ${user.name}`,
      });
    this.#images = others;
    if (stillNamed && image.reference !== null) await this.#options.store.unname(image.reference);
    if (!stillNamed) await this.#dropData(image);
    // Last: what a killed service left of the data is still listed, and can be removed again.
    this.#options.catalog.images.remove(image);
    this.#options.onRemoved(image);
    return image;
  }

  /** Path of the image's disk, made when missing or damaged. */
  async disk(digest: string, progress: Progress, signal?: AbortSignal): Promise<string> {
    const path = imageDisk(this.#options.paths, digest);
    if (isWholeDisk(path, digest)) return path;
    const begun = this.#building.get(digest);
    const building = begun && !begun.givenUp ? begun : this.#build(digest, path);
    this.#building.set(digest, building);
    try {
      return await building.join(progress, signal);
    } finally {
      if (building.givenUp && this.#building.get(digest) === building) this.#building.delete(digest);
    }
  }

  #build(digest: string, out: string): SharedWork<string> {
    return new SharedWork(async (progress, signal) => {
      try {
        return await this.#makeDisk(digest, out, progress, signal);
      } catch (error) {
        throw isDamage(error) ? this.#damaged(digest, error) : error;
      }
    });
  }

  async #makeDisk(digest: string, out: string, progress: Progress, signal: AbortSignal): Promise<string> {
    const { store, workerUrl } = this.#options;
    const { layers, bytes } = await store.read(digest);
    const inputs = layers.map((layer) => ({ path: store.path(layer.digest), mediaType: layer.mediaType }));
    const { bytes: diskBytes } = await buildDisk(
      { layers: inputs, out, uuidFrom: digest },
      {
        onProgress: (done) => progress('unpacking the image', done.bytes, bytes),
        signal,
        ...(workerUrl && { workerUrl }),
      },
    );
    for (const image of this.#images.filter((one) => one.digest === digest)) this.#put({ ...image, diskBytes });
    return out;
  }

  /** The base image as this mvm ships it: imported at its first use, and again after an update. */
  async #base(progress: Progress): Promise<Image> {
    const { baseImage, store, catalog } = this.#options;
    const known = this.#find(BASE);
    if (!baseImage) {
      if (known) return known;
      throw new MvmError('image.not-found', 'the base image linux was not built', {
        hint: './mvm --set-up-only says what is missing.',
      });
    }
    const identity = fileIdentity(baseImage);
    if (known && catalog.settings.get(BASE_IDENTITY) === identity) return known;
    progress('importing the base image');
    const [imported] = await store.importFrom(baseImage, { reference: BASE });
    const image = this.#remember(imported as ImportedImage, BASE);
    catalog.settings.set(BASE_IDENTITY, identity);
    return image;
  }

  /** By name, digest, or the start of one digest. */
  #find(reference: string): Image | undefined {
    const exact = this.#images.find((image) => image.reference === reference || image.digest === reference);
    if (exact || !/^sha256:[0-9a-f]{6,}$/.test(reference)) return exact;
    const [only, another] = this.#images.filter(({ digest }) => digest.startsWith(reference));
    return another && another.digest !== only?.digest ? undefined : only;
  }

  #remember(imported: ImportedImage, reference: string | null): Image {
    const named = this.#images.find((image) => image.reference !== null && image.digest === imported.manifestDigest);
    if (reference === null && named) return named;
    const path = imageDisk(this.#options.paths, imported.manifestDigest);
    const image: Image = {
      reference,
      digest: imported.manifestDigest,
      platform: imported.platform,
      config: imported.config,
      bytes: imported.bytes,
      diskBytes: existsSync(path) ? statSync(path).size : null,
      created: this.#options.now(),
      builtin: reference === BASE,
    };
    this.#put(image);
    return image;
  }

  /** An image that loses its last name to another one stays, by its digest, until it is removed. */
  #put(image: Image): void {
    const renamed = this.#images.find((one) => one.reference !== null && one.reference === image.reference);
    const others = this.#images.filter(
      (other) => other.reference !== image.reference || (image.reference === null && other.digest !== image.digest),
    );
    this.#images = [...others, image].sort((a, b) => (a.reference ?? '~').localeCompare(b.reference ?? '~'));
    this.#options.catalog.images.put(image);
    this.#options.onChanged(image);
    if (image.reference !== null) this.#dropUnnamed(image.digest);
    if (renamed && !this.#images.some(({ digest }) => digest === renamed.digest))
      this.#put({ ...renamed, reference: null, builtin: false });
  }

  /** What has a name is listed by its names alone, as the store does. */
  #dropUnnamed(digest: string): void {
    const unnamed = this.#images.find((image) => image.reference === null && image.digest === digest);
    if (!unnamed) return;
    this.#images = this.#images.filter((image) => image !== unnamed);
    this.#options.catalog.images.remove(unnamed);
    this.#options.onRemoved(unnamed);
  }

  async #dropData(image: Image): Promise<void> {
    await rm(imageDisk(this.#options.paths, image.digest), { force: true });
    await this.#options.store.removeImage(image.digest);
  }

  #damaged(digest: string, { code, message, details }: MvmError): MvmError {
    const name = this.#images.find((image) => image.digest === digest)?.reference ?? digest;
    const hint = `Remove it and import it again: mvm images rm ${name}`;
    return new MvmError(code, message, { hint, ...(details && { details }) });
  }

  #notFound(reference: string): MvmError {
    const names = [BASE, ...this.#images.map((image) => image.reference ?? '')];
    const meant = nearest(reference, names);
    return new MvmError('image.not-found', `there is no image '${reference}' here`, {
      hint: meant
        ? `Did you mean '${meant}'?`
        : 'mvm images lists those there are; mvm images import PATH brings one in.',
    });
  }
}

function assertFree(reference: string): void {
  if (reference !== BASE) return;
  throw new MvmError('image.reserved', `${BASE} is the image that mvm brings along`, {
    hint: 'Give the import another name, such as my-linux.',
  });
}

function isDamage(error: unknown): error is MvmError {
  return error instanceof MvmError && ['image.corrupt', 'image.not-stored'].includes(error.code);
}
