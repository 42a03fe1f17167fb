/** The EROFS writer on a large layer made of this host's own files. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildDisk } from '../../images/rootfs/build-disk.ts';
import type { Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const ROUNDS = 3;
const TREE = '/usr/share';

export async function erofs(ground: Ground): Promise<Figure[]> {
  const path = join(ground.folder, 'layer.tar');
  await ground.run(['tar', '-C', TREE, '-cf', path, '.']);
  const layers = [{ path, mediaType: 'application/vnd.oci.image.layer.v1.tar' }];
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const folder = join(ground.folder, `erofs-${round}`);
    mkdirSync(folder);
    const begun = performance.now();
    await buildDisk({ layers, out: join(folder, 'disk'), uuidFrom: String(round) }, { signal: ground.signal });
    samples.push(statSync(path).size / 1e3 / (performance.now() - begun));
  }
  const size = Math.round(statSync(path).size / 1e6);
  return [{ what: `EROFS disk of ${size} MB of ${TREE}`, unit: 'MB/s', samples, command: 'npm run bench -- erofs' }];
}
