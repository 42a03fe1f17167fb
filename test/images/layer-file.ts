/** A layer in a file of its own, as the builder of disks takes it. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Layer } from '../../images/rootfs/unpack.ts';
import { LAYER } from './layout.ts';

/** @param packed the contents as they are to lie there, compressed perhaps */
export async function layerFile(path: string, contents: Buffer, packed = contents): Promise<Layer> {
  await writeFile(path, packed);
  return { path, mediaType: LAYER, digest: digestOf(packed), diffId: digestOf(contents) };
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
