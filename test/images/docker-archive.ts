/** A docker-archive in memory, laid out as the writers of different years do. */
import { createHash } from 'node:crypto';
import { type TarInput, writeTar } from '../../images/rootfs/tar-writer.ts';
import { AMD64 } from './layout.ts';

export interface DockerImage {
  tags: string[] | null;
  /** as they are to lie there, lowest first */
  layers: Buffer[];
  /** uncompressed, when `layers` are not */
  contents?: Buffer[];
  config?: Record<string, unknown>;
  platform?: typeof AMD64;
}

/**
 * As `docker save` up to version 24: a folder for each layer, in which a layer that is there already is a link to it,
 * and the older files `json`, `VERSION` and `repositories`, which nobody reads any more.
 */
export function dockerSave(images: DockerImage[]): TarInput[] {
  const entries: TarInput[] = [];
  const places = new Map<string, string>();
  const list = images.map((image, number) => {
    const configuration = Buffer.from(JSON.stringify(configurationOf(image)));
    const config = `${sha256(configuration)}.json`;
    entries.push(file(config, configuration));
    const Layers = image.layers.map((layer, index) => {
      const folder = sha256(Buffer.from(`${number} ${index}`));
      const path = `${folder}/layer.tar`;
      const known = places.get(sha256(layer));
      entries.push({ path: `${folder}/`, kind: 'directory' }, file(`${folder}/VERSION`, Buffer.from('1.0')));
      entries.push(known ? { path, kind: 'symlink', target: `../${known}` } : file(path, layer));
      places.set(sha256(layer), known ?? path);
      return path;
    });
    return { Config: config, RepoTags: image.tags, Layers };
  });
  entries.push(file('manifest.json', Buffer.from(JSON.stringify(list))));
  return [...entries, file('repositories', Buffer.from('{}'))];
}

function configurationOf({ layers, contents = layers, config = {}, platform = AMD64 }: DockerImage): object {
  const diff_ids = contents.map((layer) => `sha256:${sha256(layer)}`);
  return { ...platform, config: { Env: null, Labels: null, ...config }, rootfs: { type: 'layers', diff_ids } };
}

export const layerOf = (...entries: TarInput[]): Buffer => writeTar(entries);

export const file = (path: string, content: Buffer | string): TarInput => ({
  path,
  kind: 'file',
  content: Buffer.from(content as Buffer),
});

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
