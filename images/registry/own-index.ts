/** The store's own list of images, pure: a name means one image, an image may have many names or none. */
import type { Platform } from '../../vmm/contract/types.ts';
import { type Descriptor, type Index, nameIn, REFERENCE_NAME } from './documents.ts';

export const emptyIndex: Index = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [],
};

export interface Entry {
  descriptor: Descriptor;
  platform: Platform;
  reference: string | null;
}

/** Adds the image under this name, which another image may have to give up. */
export function withImage(index: Index, { descriptor, platform, reference }: Entry): Index {
  const { mediaType, digest, size } = descriptor;
  const annotations = reference === null ? {} : { annotations: { [REFERENCE_NAME]: reference } };
  const others = reference === null ? index.manifests : withoutName(index, reference).manifests;
  return tidy([...others, { mediaType, digest, size, platform, ...annotations }]);
}

/** Takes the name away; the image stays, without a name if that was its last. */
export function withoutName(index: Index, reference: string): Index {
  return tidy(
    index.manifests.map((entry) => {
      if (nameIn(entry) !== reference) return entry;
      const { annotations: _, ...unnamed } = entry;
      return unnamed;
    }),
  );
}

export function withoutImages(index: Index, isGone: (digest: string) => boolean): Index {
  return tidy(index.manifests.filter(({ digest }) => !isGone(digest)));
}

/** One entry for each name, and one without a name only for an image that has none. */
function tidy(entries: Descriptor[]): Index {
  const named = new Set(entries.filter((entry) => nameIn(entry) !== null).map(({ digest }) => digest));
  const byKey = new Map<string, Descriptor>();
  for (const entry of entries) {
    const name = nameIn(entry);
    if (name !== null || !named.has(entry.digest)) byKey.set(name ?? entry.digest, entry);
  }
  return { ...emptyIndex, manifests: [...byKey.values()] };
}
