/** Which of a layout's images is meant. */
import { MvmError } from '../../vmm/contract/errors.ts';
import type { Platform } from '../../vmm/contract/types.ts';
import { type Descriptor, documents, type Index, isIndex, isManifest, nameIn } from './documents.ts';
import { type FoundImage, readBlob, readImage } from './layout.ts';
import { normaliseReference, parseReference } from './reference.ts';
import { type LayoutSource, MAKE_ONE } from './source.ts';

export interface Wanted {
  platform: Platform;
  /** decides between several images of one layout */
  reference: string | null;
}

export interface Choice extends FoundImage {
  /** the name that the layout gives it, normalised */
  reference: string | null;
}

export async function chooseImage(source: LayoutSource, index: Index, wanted: Wanted): Promise<Choice> {
  const fitting: Candidate[] = [];
  const others = new Set<string>();
  for (const candidate of await candidatesIn(source, index)) {
    const platform = candidate.descriptor.platform ?? (await readImage(source, candidate.descriptor)).configuration;
    if (nameOf(platform) === nameOf(wanted.platform)) fitting.push(candidate);
    else others.add(nameOf(platform));
  }
  if (fitting.length === 0) throw noneFits([...others], index, wanted);
  const { descriptor, reference } = theOne(fitting, wanted);
  const image = await readImage(source, descriptor);
  const platform = nameOf(image.configuration);
  if (platform !== nameOf(wanted.platform)) throw noneFits([platform], index, wanted);
  return { ...image, reference };
}

interface Candidate {
  descriptor: Descriptor;
  reference: string | null;
}

/** Over all indexes; real ones list some tens. */
const MAX_DESCRIPTORS = 1000;

/** An index may lead to further indexes. */
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
  return queue.filter(({ descriptor }) => isManifest(descriptor));
}

/** What is no reference, an arbitrary label of the writer's, is no name to us. */
function referenceOf(descriptor: Descriptor): string | null {
  const name = nameIn(descriptor);
  return name !== null && parseReference(name) !== null ? normaliseReference(name) : null;
}

function theOne(candidates: Candidate[], { reference }: Wanted): Candidate {
  const byDigest = new Map(candidates.map((candidate) => [candidate.descriptor.digest, candidate]));
  const [first, ...more] = byDigest.values();
  if (first !== undefined && more.length === 0) return first;
  const named = candidates.find((candidate) => candidate.reference !== null && candidate.reference === reference);
  if (named !== undefined) return named;
  const names = candidates.map((candidate) => candidate.reference ?? candidate.descriptor.digest);
  throw new MvmError('image.ambiguous', `There are several images in it: ${names.join(', ')}.`, {
    hint: 'Give the name of the one that is meant.',
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
