/** The base image with another configuration: the same root, and what a Dockerfile would say about it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blobName, type Described, Layout, named } from '../images/layout.ts';

/** An oci-archive in `folder` that holds the image as `name`. */
export async function configured(baseImage: string, folder: string, name: string, config: object): Promise<string> {
  const plain = join(folder, 'plain');
  const { status, stderr } = spawnSync('skopeo', ['copy', '--quiet', `oci-archive:${baseImage}`, `oci:${plain}:linux`]);
  if (status !== 0) throw new Error(`skopeo: ${stderr}`);
  const layout = new Layout();
  const read = <T>(descriptor: { digest: string }) =>
    JSON.parse(readFileSync(join(plain, blobName(descriptor)), 'utf8')) as T;
  for (const digest of readdirSync(join(plain, 'blobs/sha256')))
    layout.files.set(`blobs/sha256/${digest}`, readFileSync(join(plain, 'blobs/sha256', digest)));
  const { manifests } = JSON.parse(readFileSync(join(plain, 'index.json'), 'utf8')) as { manifests: [Described] };
  const manifest = read<{ config: Described; layers: Described[] }>(manifests[0]);
  const before = read<{ config: object }>(manifest.config);
  const changed = layout.blob(manifest.config.mediaType, { ...before, config: { ...before.config, ...config } });
  const image = layout.blob(manifests[0].mediaType, { ...manifest, config: changed });
  return layout.index(named(image, name)).archive(folder);
}
