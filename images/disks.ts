/** The EROFS disks of a home, one an image, named by its manifest's digest: always to be made again from its layers. */
import { statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { type HomePaths, imageDisk } from '../vmm/paths.ts';
import { buildDisk } from './rootfs/build-disk.ts';
import type { Layer } from './rootfs/unpack.ts';
import { isWholeDisk } from './rootfs/whole-disk.ts';
import { type WorkProgress as Progress, SharedWork } from './shared-work.ts';

export interface DisksOptions {
  paths: HomePaths;
  /** the disk writer's own bundle, where there is one */
  workerUrl?: URL;
}

const steps = { unpacking: 'unpacking the image', writing: 'writing its disk' };

export class Disks {
  readonly #options: DisksOptions;
  /** those being built, by digest: two runs of a new image build one */
  readonly #building = new Map<string, SharedWork<void>>();

  constructor(options: DisksOptions) {
    this.#options = options;
  }

  path(digest: string): string {
    return imageDisk(this.#options.paths, digest);
  }

  /** @param thorough reads all of it, whether or not somebody seems to have written to it */
  isWhole(digest: string, { thorough = false } = {}): Promise<boolean> {
    return isWholeDisk(this.path(digest), digest, { thorough });
  }

  /** What it takes on this host: files full of zeros take little. Null when there is none. */
  size(digest: string): number | null {
    const found = statSync(this.path(digest), { throwIfNoEntry: false });
    return found ? found.blocks * 512 : null;
  }

  /** Once for all who ask for it meanwhile. */
  async build(digest: string, layers: () => Promise<Layer[]>, progress: Progress, signal?: AbortSignal): Promise<void> {
    const begun = this.#building.get(digest);
    const building = begun && !begun.givenUp ? begun : new SharedWork((...how) => this.#make(digest, layers, ...how));
    this.#building.set(digest, building);
    try {
      await building.join(progress, signal);
    } finally {
      if (building.givenUp && this.#building.get(digest) === building) this.#building.delete(digest);
    }
  }

  async drop(digest: string): Promise<void> {
    await rm(this.path(digest), { force: true });
  }

  /** Removes all but these, and those being built. */
  async keep(digests: Iterable<string>): Promise<void> {
    const kept = new Set([...digests, ...this.#building.keys()].map((digest) => basename(this.path(digest))));
    const gone = (await readdir(this.#options.paths.disks)).filter(
      (name) => name.endsWith('.erofs') && !kept.has(name),
    );
    for (const name of gone) await rm(`${this.#options.paths.disks}/${name}`, { force: true });
  }

  async #make(digest: string, layers: () => Promise<Layer[]>, progress: Progress, signal: AbortSignal): Promise<void> {
    const { workerUrl } = this.#options;
    await buildDisk(
      { layers: await layers(), out: this.path(digest), uuidFrom: digest },
      {
        onProgress: ({ step, done, total }) => progress(steps[step], done, total),
        signal,
        ...(workerUrl && { workerUrl }),
      },
    );
  }
}
