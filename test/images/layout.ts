/** An OCI layout in memory: its files by name, which a test may spoil before it writes them out. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type TarInput, writeTar } from '../../images/rootfs/tar-writer.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
export const LAYER = 'application/vnd.oci.image.layer.v1.tar';
export const AMD64 = { os: 'linux', architecture: 'amd64' };
export const ARM64 = { os: 'linux', architecture: 'arm64' };

export interface Described {
  mediaType: string;
  digest: string;
  size: number;
}

interface ImageOptions {
  platform?: typeof AMD64;
  config?: Record<string, unknown>;
  configType?: string;
}

const packers = {
  plain: { suffix: '', pack: (bytes: Buffer) => bytes },
  gzip: { suffix: '+gzip', pack: (bytes: Buffer) => gzipSync(bytes) },
  zstd: { suffix: '+zstd', pack: (bytes: Buffer) => zstdCompressSync(bytes) },
};

export class Layout {
  readonly files = new Map<string, Buffer>([['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')]]);

  /** by digest of a layer: that of its uncompressed contents */
  readonly #diffIds = new Map<string, string>();

  blob(mediaType: string, contents: Buffer | object): Described {
    const bytes = Buffer.isBuffer(contents) ? contents : Buffer.from(JSON.stringify(contents));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    this.files.set(blobName({ digest }), bytes);
    return { mediaType, digest, size: bytes.length };
  }

  layer(entries: Iterable<TarInput>, packing: keyof typeof packers = 'plain'): Described {
    const { suffix, pack } = packers[packing];
    const contents = writeTar(entries);
    const layer = this.blob(LAYER + suffix, pack(contents));
    this.#diffIds.set(layer.digest, `sha256:${createHash('sha256').update(contents).digest('hex')}`);
    return layer;
  }

  /** One that is packed already. */
  packedLayer(packed: Buffer, mediaType: string, diffId: string): Described {
    const layer = this.blob(mediaType, packed);
    this.#diffIds.set(layer.digest, diffId);
    return layer;
  }

  imageOf(layers: Described[], { platform = AMD64, config = {}, configType = CONFIG }: ImageOptions = {}): Described {
    const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => this.#diffIds.get(digest) ?? digest) };
    const configuration = this.blob(configType, { ...platform, config, rootfs });
    return this.blob(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config: configuration, layers });
  }

  /** An image with one file, whose name and contents are this text. */
  image(text: string, { layerType = LAYER, ...options }: ImageOptions & { layerType?: string } = {}): Described {
    const layer = this.layer([{ path: text, kind: 'file', content: Buffer.from(text) }]);
    return this.imageOf([{ ...layer, mediaType: layerType }], options);
  }

  index(...manifests: object[]): this {
    this.files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
    return this;
  }

  /** Written out as a folder in `parent`. */
  async folder(parent: string): Promise<string> {
    const path = await mkdtemp(join(parent, 'layout-'));
    for (const [name, bytes] of this.files) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), bytes);
    }
    return path;
  }

  /** Written out as a tar in `parent`. */
  async archive(parent: string, ...more: TarInput[]): Promise<string> {
    const entries = [...this.files].map(([path, content]): TarInput => ({ path, kind: 'file', content }));
    return archive(parent, writeTar([...entries, ...more]));
  }
}

/** Where a layout keeps a blob. */
export function blobName({ digest }: { digest: string }): string {
  return `blobs/${digest.replace(':', '/')}`;
}

export async function archive(parent: string, bytes: Buffer): Promise<string> {
  const path = join(await mkdtemp(join(parent, 'archive-')), 'image.tar');
  await writeFile(path, bytes);
  return path;
}

export const named = (descriptor: object, name: string, key = 'org.opencontainers.image.ref.name') => ({
  ...descriptor,
  annotations: { [key]: name },
});
