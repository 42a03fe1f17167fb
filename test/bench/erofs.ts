/** The EROFS writer on a large tree of this host's own files, beside erofs-utils on the same tree. */
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildDisk } from '../../images/rootfs/build-disk.ts';
import type { Layer } from '../../images/rootfs/unpack.ts';
import { aim, type Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const ROUNDS = 3;
const TREE = '/usr/share';

export async function erofs(ground: Ground): Promise<Figure[]> {
  const tar = join(ground.folder, 'layer.tar');
  const packed = `${tar}.gz`;
  await ground.run(['tar', '-C', TREE, '-cf', tar, '.']);
  await ground.run(['sh', '-c', 'gzip -1 <"$1" >"$2"', 'sh', tar, packed]);
  const diffId = await digestOf(tar);
  const plain = { path: tar, mediaType: LAYER, digest: diffId, diffId };
  const gzipped = { path: packed, mediaType: `${LAYER}+gzip`, digest: '', diffId };
  const taken: Record<'plain' | 'gzipped' | 'mkfs', number[]> = { plain: [], gzipped: [], mkfs: [] };
  let skipped: string | undefined;
  // In turn, for what slows the host for a while slows all three; the first round fills the page cache.
  for (let round = 0; round <= ROUNDS; round++) {
    const [a, b] = [await build(ground, plain), await build(ground, gzipped)];
    const c = await mkfs(ground).catch((error: Error) => {
      skipped = error.message;
      return null;
    });
    if (round === 0) continue;
    taken.plain.push(a);
    taken.gzipped.push(b);
    if (c !== null) taken.mkfs.push(c);
  }
  const megabytes = statSync(tar).size / 1e6;
  const rates = (samples: number[]) => samples.map((ms) => megabytes / (ms / 1e3));
  const command = 'npm run bench -- erofs';
  const size = `${Math.round(megabytes)} MB of ${TREE}`;
  const why = skipped === undefined ? {} : { skipped };
  return [
    { what: `EROFS disk of ${size}`, unit: 'MB/s', samples: rates(taken.plain), command },
    { what: '  from a gzip layer', unit: 'MB/s', samples: rates(taken.gzipped), command },
    { what: '  by mkfs.erofs, and synced', unit: 'MB/s', samples: rates(taken.mkfs), command, ...why },
    {
      ...{ what: '  time by that of mkfs.erofs', unit: 'times', bound: aim(1), command, ...why },
      samples: taken.mkfs.map((ms, round) => (taken.plain[round] ?? 0) / ms),
    },
  ];
}

const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** ms */
async function build({ folder, signal }: Ground, layer: Layer): Promise<number> {
  const place = join(folder, 'erofs');
  mkdirSync(place);
  const begun = performance.now();
  await buildDisk({ layers: [layer], out: join(place, 'disk'), uuidFrom: 'bench' }, { signal });
  const ms = performance.now() - begun;
  rmSync(place, { recursive: true });
  return ms;
}

/** ms */
async function mkfs(ground: Ground): Promise<number> {
  const disk = join(ground.folder, 'mkfs.erofs');
  const { ms } = await ground.run(['sh', '-c', 'mkfs.erofs --quiet "$1" "$2" && sync "$1"', 'sh', disk, TREE]);
  rmSync(disk);
  return ms;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}
