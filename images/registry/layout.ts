/** What an OCI layout says it contains: documents read whole, their sizes and digests checked. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { z } from 'zod';
import { MvmError } from '../../vmm/contract/errors.ts';
import { isLayer } from '../rootfs/media-types.ts';
import {
  type Configuration,
  type Descriptor,
  documents,
  type Index,
  isConfiguration,
  MAX_DOCUMENT,
  type Manifest,
  parseDocument,
} from './documents.ts';
import { type LayoutSource, notLayout, type SourceFile } from './source.ts';

/** An image manifest with all that it needs. */
export interface FoundImage {
  descriptor: Descriptor;
  manifest: Manifest;
  configuration: Configuration;
}

/** Where a layout keeps a blob. */
export function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** The layout's own list, `path` being its name for messages. */
export async function readIndex(source: LayoutSource, path: string): Promise<Index> {
  const marker = await source.file('oci-layout');
  if (marker === null) throw notLayout(path, 'It has no file named oci-layout.');
  parseDocument(documents.layout, await contents(marker, 'oci-layout'), 'oci-layout');
  const index = await source.file('index.json');
  if (index === null) throw notLayout(path, 'It has no file named index.json.');
  return parseDocument(documents.index, await contents(index, 'index.json'), 'index.json');
}

export async function readImage(source: LayoutSource, descriptor: Descriptor): Promise<FoundImage> {
  const manifest = await readBlob(source, documents.manifest, descriptor, 'manifest');
  if (!isConfiguration(manifest.config)) throw unknownType('configuration', manifest.config);
  for (const layer of manifest.layers) if (!isLayer(layer.mediaType)) throw unknownType('layer', layer);
  const configuration = await readBlob(source, documents.configuration, manifest.config, 'configuration');
  const counts = [manifest.layers.length, configuration.rootfs.diff_ids.length];
  if (counts[0] !== counts[1]) throw damaged(`it has ${counts[0]} layers, but its configuration ${counts[1]}`);
  return { descriptor, manifest, configuration };
}

export async function readBlob<T>(source: LayoutSource, schema: z.ZodType<T>, descriptor: Descriptor, kind: string) {
  const what = `the ${kind} ${descriptor.digest}`;
  const file = await blobFile(source, descriptor);
  const bytes = await contents(file, what);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (digest !== descriptor.digest) throw damaged(`${what} has the digest ${digest}`);
  return parseDocument(schema, bytes, what);
}

/** The blob's file, of the size that its descriptor promises. */
export async function blobFile(source: LayoutSource, { digest, size }: Descriptor): Promise<SourceFile> {
  const file = await source.file(blobName(digest));
  if (file === null) throw damaged(`the blob ${digest} is missing`);
  if (file.size !== size) throw damaged(`the blob ${digest} has ${file.size} bytes in place of ${size}`);
  return file;
}

/** The whole file, which must be no larger than a document may be. */
export async function contents(file: SourceFile, what: string): Promise<Buffer> {
  if (file.size > MAX_DOCUMENT) throw tooLarge(what, file.size);
  return buffer(file.stream());
}

function damaged(what: string): MvmError {
  return new MvmError('image.corrupt', `This image is damaged: ${what}.`);
}

function unknownType(kind: string, { mediaType }: Descriptor): MvmError {
  const message = `This image has a ${kind} of the type ${JSON.stringify(mediaType)}, which mvm does not know.`;
  return new MvmError('image.unsupported', message, { details: { mediaType } });
}

function tooLarge(what: string, size: number): MvmError {
  return new MvmError('image.too-large', `In this image, ${what} has ${size} bytes, more than ${MAX_DOCUMENT}.`);
}
