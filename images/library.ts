/** The images of a home: named in the catalog, stored as an OCI layout, each with the disk that guests mount. */
import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { MvmError } from '../vmm/contract/errors.ts';
import { nearest } from '../vmm/contract/nearest.ts';
import type { Image, Machine } from '../vmm/contract/types.ts';
import { type HomePaths, imageDisk } from '../vmm/paths.ts';
import type { Catalog } from './catalog/catalog.ts';
import { normaliseReference } from './registry/reference.ts';
import type { ImportedImage, ImportOptions, Store } from './registry/store.ts';
import { buildDisk } from './rootfs/build-disk.ts';
import type { Layer } from './rootfs/unpack.ts';
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

const steps = { unpacking: 'unpacking the image', writing: 'writing its disk' };

function fileIdentity(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}

export class ImageLibrary {
  readonly #options: LibraryOptions;
  #images: Image[];
  /** disks being built, by digest: two runs of a new image build one */
  readonly #building = new Map<string, SharedWork<void>>();

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

  /**
   * Imports all images of an archive or layout folder, or the one that is to have the name. Their disks are built before
   * they are listed, so that what cannot be a disk is refused here, and a first run is as quick as the next.
   */
  async importFrom(path: string, reference: string | null, progress: Progress, signal?: AbortSignal): Promise<Image[]> {
    if (reference !== null) assertFree(normaliseReference(reference));
    const options = { mayBeNamed: assertFree, ...(reference !== null && { reference }) };
    return this.#import(path, options, progress, signal);
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
    if (await isWholeDisk(path, digest)) return path;
    const layers = async () => {
      const { store } = this.#options;
      return (await store.read(digest)).layers.map((layer) => ({ ...layer, path: store.path(layer.digest) }));
    };
    try {
      await this.#build(digest, layers, progress, signal);
    } catch (error) {
      throw isDamage(error) ? this.#damaged(digest, error) : error;
    }
    for (const image of this.#images.filter((one) => one.digest === digest))
      this.#put({ ...image, diskBytes: this.#diskBytes(digest) });
    return path;
  }

  async #import(path: string, options: ImportOptions, progress: Progress, signal?: AbortSignal): Promise<Image[]> {
    const built: string[] = [];
    try {
      const imported = await this.#options.store.importFrom(path, {
        ...options,
        ...(signal && { signal }),
        onProgress: (step, bytes, total) =>
          progress(step === 'unpacking' ? 'unpacking the archive' : step, bytes, total),
        prepare: async ({ manifestDigest, layers }, pathOf) => {
          const disk = imageDisk(this.#options.paths, manifestDigest);
          if (await isWholeDisk(disk, manifestDigest, { thorough: true })) return;
          const found = layers.map((layer) => ({ ...layer, path: pathOf(layer.digest) }));
          await this.#build(manifestDigest, async () => found, progress, signal);
          built.push(manifestDigest);
        },
      });
      return imported.map((image) => this.#remember(image, image.reference));
    } catch (error) {
      for (const digest of built)
        if (!this.#images.some((image) => image.digest === digest)) await this.#dropDisk(digest);
      throw error;
    }
  }

  /** Once for all who ask for it meanwhile. */
  async #build(
    digest: string,
    layers: () => Promise<Layer[]>,
    progress: Progress,
    signal?: AbortSignal,
  ): Promise<void> {
    const begun = this.#building.get(digest);
    const building =
      begun && !begun.givenUp ? begun : new SharedWork((...how) => this.#makeDisk(digest, layers, ...how));
    this.#building.set(digest, building);
    try {
      await building.join(progress, signal);
    } finally {
      if (building.givenUp && this.#building.get(digest) === building) this.#building.delete(digest);
    }
  }

  async #makeDisk(
    digest: string,
    layers: () => Promise<Layer[]>,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    const { paths, workerUrl } = this.#options;
    await buildDisk(
      { layers: await layers(), out: imageDisk(paths, digest), uuidFrom: digest },
      {
        onProgress: ({ step, done, total }) => progress(steps[step], done, total),
        signal,
        ...(workerUrl && { workerUrl }),
      },
    );
  }

  /** The base image as this mvm ships it: imported at its first use, and again after an update. */
  async #base(progress: Progress): Promise<Image> {
    const { baseImage, catalog } = this.#options;
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
    const [image] = await this.#import(baseImage, { reference: BASE }, progress);
    catalog.settings.set(BASE_IDENTITY, identity);
    return image as Image;
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
    const image: Image = {
      reference,
      digest: imported.manifestDigest,
      platform: imported.platform,
      config: imported.config,
      bytes: imported.bytes,
      diskBytes: this.#diskBytes(imported.manifestDigest),
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

  /** What it takes on this disk: files full of zeros take little. */
  #diskBytes(digest: string): number | null {
    const found = statSync(imageDisk(this.#options.paths, digest), { throwIfNoEntry: false });
    return found ? found.blocks * 512 : null;
  }

  async #dropDisk(digest: string): Promise<void> {
    await rm(imageDisk(this.#options.paths, digest), { force: true });
  }

  async #dropData(image: Image): Promise<void> {
    await this.#dropDisk(image.digest);
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
