/** The images of a home: named in the catalog, stored as an OCI layout, each with the disk that guests mount. */
import { statSync } from 'node:fs';
import { MvmError } from '../vmm/contract/errors.ts';
import { nearest } from '../vmm/contract/nearest.ts';
import type { Image, Machine } from '../vmm/contract/types.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { Disks } from './disks.ts';
import { normaliseReference } from './registry/reference.ts';
import type { ImportedImage, ImportOptions, Store } from './registry/store.ts';
import type { WorkProgress as Progress } from './shared-work.ts';

export interface LibraryOptions {
  catalog: Catalog;
  store: Store;
  disks: Disks;
  /** the base image `linux`, an oci-archive, null when none was built */
  baseImage: string | null;
  /** all that there are, for none of them may lose its image */
  machines(): Machine[];
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
  /** digests of what is being imported */
  readonly #unlisted = new Set<string>();

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.#images = inOrder(options.catalog.images.all());
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

  /** Removes what nobody needs any more: disks without an image, base images of an earlier mvm. */
  async tidy(): Promise<void> {
    for (const image of this.#images.filter(isFormerBase)) if (!this.#userOf(image)) await this.#forget(image);
    const listed = this.#images.map(({ digest }) => digest);
    await this.#options.disks.keep([...listed, ...this.#unlisted, ...this.#options.machines().map(imageOf)]);
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

  async remove(reference: string): Promise<Image> {
    const image = this.#find(reference) ?? this.#find(normaliseReference(reference));
    if (!image) throw this.#notFound(reference);
    const stillNamed = this.#images.some((other) => other !== image && other.digest === image.digest);
    const user = this.#userOf(image);
    if (user && !stillNamed)
      throw new MvmError('image.in-use', `image ${reference} is used by machine ${user.name}`, {
        hint: `Remove the machine first: mvm rm --force ${user.name}`,
      });
    await this.#forget(image);
    return image;
  }

  /** Path of the image's disk, made when missing or damaged. */
  async disk(digest: string, progress: Progress, signal?: AbortSignal): Promise<string> {
    const { disks, store } = this.#options;
    if (await disks.isWhole(digest)) return disks.path(digest);
    const layers = async () =>
      (await store.read(digest)).layers.map((layer) => ({ ...layer, path: store.path(layer.digest) }));
    try {
      await disks.build(digest, layers, progress, signal);
    } catch (error) {
      throw isDamage(error) ? this.#damaged(digest, error) : error;
    }
    const diskBytes = disks.size(digest);
    for (const image of this.#images.filter((one) => one.digest === digest)) this.#put({ ...image, diskBytes });
    return disks.path(digest);
  }

  async #import(path: string, options: ImportOptions, progress: Progress, signal?: AbortSignal): Promise<Image[]> {
    const { store, disks } = this.#options;
    const begun = new Set<string>();
    try {
      const imported = await store.importFrom(path, {
        ...options,
        ...(signal && { signal }),
        onProgress: (step, bytes, total) =>
          progress(step === 'unpacking' ? 'unpacking the archive' : step, bytes, total),
        prepare: async ({ manifestDigest, layers }, pathOf) => {
          begun.add(manifestDigest);
          this.#unlisted.add(manifestDigest);
          if (await disks.isWhole(manifestDigest, { thorough: true })) return;
          const found = layers.map((layer) => ({ ...layer, path: pathOf(layer.digest) }));
          await disks.build(manifestDigest, async () => found, progress, signal);
        },
      });
      return imported.map((image) => this.#remember(image, image.reference));
    } catch (error) {
      for (const digest of begun) if (!this.#images.some((image) => image.digest === digest)) await disks.drop(digest);
      throw error;
    } finally {
      for (const digest of begun) this.#unlisted.delete(digest);
    }
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
    await this.tidy();
    return image as Image;
  }

  /** By name, digest, or the start of one digest, with or without its sha256. */
  #find(reference: string): Image | undefined {
    const exact = this.#images.find((image) => image.reference === reference || image.digest === reference);
    const start = /^(?:sha256:)?([0-9a-f]{6,64})$/.exec(reference)?.[1];
    if (exact || start === undefined) return exact;
    const [only, another] = this.#images.filter(({ digest }) => digest.startsWith(`sha256:${start}`));
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
      diskBytes: this.#options.disks.size(imported.manifestDigest),
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
    this.#images = inOrder([...others, image]);
    this.#options.catalog.images.put(image);
    this.#options.onChanged(image);
    if (image.reference !== null) this.#dropUnnamed(image.digest);
    if (renamed && !this.#images.some(({ digest }) => digest === renamed.digest))
      this.#put({ ...renamed, reference: null });
  }

  /** What has a name is listed by its names alone, as the store does. */
  #dropUnnamed(digest: string): void {
    const unnamed = this.#images.find((image) => image.reference === null && image.digest === digest);
    if (!unnamed) return;
    this.#images = this.#images.filter((image) => image !== unnamed);
    this.#options.catalog.images.remove(unnamed);
    this.#options.onRemoved(unnamed);
  }

  /** With its data, unless it has another name. */
  async #forget(image: Image): Promise<void> {
    const { store, disks, catalog, onRemoved } = this.#options;
    this.#images = this.#images.filter((other) => other !== image);
    const stillNamed = this.#images.some(({ digest }) => digest === image.digest);
    if (stillNamed && image.reference !== null) await store.unname(image.reference);
    if (!stillNamed) {
      await disks.drop(image.digest);
      await store.removeImage(image.digest);
    }
    // Last: what a killed service left of the data is still listed, and can be removed again.
    catalog.images.remove(image);
    onRemoved(image);
  }

  #userOf({ digest }: Image): Machine | undefined {
    return this.#options.machines().find((machine) => imageOf(machine) === digest);
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

/** By name; those without one come last. */
function inOrder(images: Image[]): Image[] {
  const key = ({ reference, digest }: Image) => (reference === null ? `1 ${digest}` : `0 ${reference}`);
  return images.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

const imageOf = ({ spec }: Machine): string => spec.imageDigest;

/** The name went to the one of this mvm. */
const isFormerBase = ({ builtin, reference }: Image): boolean => builtin && reference === null;

function assertFree(reference: string): void {
  if (reference !== BASE) return;
  throw new MvmError('image.reserved', `${BASE} is the image that mvm brings along`, {
    hint: 'Give the import another name, such as my-linux.',
  });
}

function isDamage(error: unknown): error is MvmError {
  return error instanceof MvmError && ['image.corrupt', 'image.not-stored'].includes(error.code);
}
