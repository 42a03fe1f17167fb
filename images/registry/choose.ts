/** Which of a layout's images are meant. */
import { MvmError } from '../../vmm/contract/errors.ts';
import type { Platform } from '../../vmm/contract/types.ts';
import { type Descriptor, documents, type Index, isIndex, isManifest, nameIn } from './documents.ts';
import { type FoundImage, readBlob, readImage } from './layout.ts';
import { normaliseReference, parseReference } from './reference.ts';
import { type LayoutSource, MAKE_ONE } from './source.ts';

export interface Wanted {
  platform: Platform;
  /** the name that one image is to have; null for all images, under their own names */
  reference: string | null;
}

export interface Choice extends FoundImage {
  /** normalised; the image of a name that several have is the first that fits */
  references: string[];
}

export async function chooseImages(source: LayoutSource, index: Index, wanted: Wanted): Promise<Choice[]> {
  const fitting: Choice[] = [];
  const others = new Set<string>();
  const taken = new Set<string>();
  for (const { descriptor, references } of meant(await candidatesIn(source, index), wanted)) {
    const isOther = descriptor.platform && nameOf(descriptor.platform) !== nameOf(wanted.platform);
    const image = isOther ? null : await readImage(source, descriptor);
    const platform = nameOf(image?.configuration ?? descriptor.platform ?? wanted.platform);
    if (image === null || platform !== nameOf(wanted.platform)) {
      others.add(platform);
      continue;
    }
    const free = [...references].filter((reference) => !taken.has(reference));
    for (const reference of free) taken.add(reference);
    if (free.length > 0 || references.size === 0) fitting.push({ ...image, references: free });
  }
  if (fitting.length === 0) throw noneFits([...others], index, wanted);
  return wanted.reference === null ? fitting : [theOne(fitting, wanted.reference)];
}

interface Candidate {
  descriptor: Descriptor;
  references: Set<string>;
}

/** All of them, or only those that have the wanted name when some do. */
function meant(candidates: Candidate[], { reference }: Wanted): Candidate[] {
  const named = candidates.filter(({ references }) => reference !== null && references.has(reference));
  return named.length > 0 ? named : candidates;
}

/** Over all indexes; real ones list some tens. */
const MAX_DESCRIPTORS = 1000;

/** One for each manifest. An index may lead to further indexes. */
async function candidatesIn(source: LayoutSource, index: Index): Promise<Candidate[]> {
  const queue = index.manifests.map((descriptor) => ({ descriptor, reference: referenceOf(descriptor) }));
  const seen = new Set<string>();
  for (const { descriptor, reference } of queue) {
    if (!isIndex(descriptor) || seen.has(descriptor.digest)) continue;
    seen.add(descriptor.digest);
    const { manifests } = await readBlob(source, documents.index, descriptor, 'index');
    queue.push(...manifests.map((inner) => ({ descriptor: inner, reference: referenceOf(inner) ?? reference })));
    if (queue.length > MAX_DESCRIPTORS) throw tooMany();
  }
  const byDigest = new Map<string, Candidate>();
  for (const { descriptor, reference } of queue.filter((entry) => isManifest(entry.descriptor))) {
    const candidate = byDigest.get(descriptor.digest) ?? { descriptor, references: new Set() };
    if (reference !== null) candidate.references.add(reference);
    byDigest.set(descriptor.digest, candidate);
  }
  return [...byDigest.values()];
}

/** What is no reference, an arbitrary label of the writer's, is no name to us. */
function referenceOf(descriptor: Descriptor): string | null {
  const name = nameIn(descriptor);
  return name !== null && parseReference(name) !== null ? normaliseReference(name) : null;
}

function theOne(fitting: Choice[], reference: string): Choice {
  const named = fitting.find(({ references }) => references.includes(reference));
  const [only, another] = fitting;
  const found = named ?? (another === undefined ? only : undefined);
  if (found !== undefined) return { ...found, references: [reference] };
  const names = fitting.flatMap(({ references, descriptor }) =>
    references.length > 0 ? references : [descriptor.digest],
  );
  throw new MvmError('image.ambiguous', `None of the images in it is named ${reference}, but ${names.join(', ')}.`, {
    hint: 'Give one of these names, or none to import them all.',
    details: { names },
  });
}

function nameOf({ os, architecture }: Platform): string {
  return `${os}/${architecture}`;
}

/** Build systems put their attestations beside images, as of an unknown platform. */
const ATTESTATION = 'unknown/unknown';

function noneFits(others: string[], index: Index, { platform }: Wanted): MvmError {
  const platforms = others.filter((other) => other !== ATTESTATION);
  if (platforms.length === 0) return noImage(index);
  const skopeo = `skopeo --override-os ${platform.os} --override-arch ${platform.architecture}`;
  return new MvmError(
    'image.wrong-platform',
    `This image is for ${platforms.join(', ')}, not for ${nameOf(platform)}.`,
    {
      hint: `Get the right one: ${skopeo} copy docker://IMAGE oci-archive:image.oci.tar`,
      details: { platforms },
    },
  );
}

function noImage(index: Index): MvmError {
  const types = [...new Set(index.manifests.map(({ mediaType }) => JSON.stringify(mediaType)))];
  const found = types.length === 0 ? 'nothing' : types.join(', ');
  return new MvmError('image.unsupported', `It holds no image manifest, but ${found}.`, {
    hint: MAKE_ONE,
    details: { types },
  });
}

function tooMany(): MvmError {
  return new MvmError('image.too-large', `Its indexes list more than ${MAX_DESCRIPTORS} manifests.`);
}
