/** Packs one layer into an oci-archive: an OCI image layout in a tar. Same input, same bytes. */
import { createHash } from 'node:crypto';
import { type TarInput, writeTar } from '../../images/rootfs/tar-writer.ts';

export interface ArchiveInput {
  entries: TarInput[];
  /** name of the image */
  reference: string;
  /** the part of the configuration that says how to run it */
  config: Record<string, unknown>;
}

export function ociArchive({ entries, reference, config }: ArchiveInput): Buffer {
  const layer = blob('application/vnd.oci.image.layer.v1.tar', writeTar(entries));
  const platform = { architecture: 'amd64', os: 'linux' };
  const rootfs = { type: 'layers', diff_ids: [layer.descriptor.digest] };
  const configuration = jsonBlob('application/vnd.oci.image.config.v1+json', { ...platform, config, rootfs });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const contents = { schemaVersion: 2, mediaType, config: configuration.descriptor, layers: [layer.descriptor] };
  const manifest = jsonBlob(mediaType, contents);
  const annotations = { 'org.opencontainers.image.ref.name': reference };
  return writeTar([
    json('oci-layout', { imageLayoutVersion: '1.0.0' }),
    json('index.json', { schemaVersion: 2, manifests: [{ ...manifest.descriptor, platform, annotations }] }),
    ...[manifest, configuration, layer].map(({ file }) => file),
  ]);
}

interface Blob {
  descriptor: { mediaType: string; digest: string; size: number };
  file: TarInput;
}

function blob(mediaType: string, content: Buffer): Blob {
  const hex = createHash('sha256').update(content).digest('hex');
  return {
    descriptor: { mediaType, digest: `sha256:${hex}`, size: content.length },
    file: { path: `blobs/sha256/${hex}`, kind: 'file', content },
  };
}

function jsonBlob(mediaType: string, document: object): Blob {
  return blob(mediaType, Buffer.from(JSON.stringify(document)));
}

function json(path: string, document: object): TarInput {
  return { path, kind: 'file', content: Buffer.from(JSON.stringify(document)) };
}
