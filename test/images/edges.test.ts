/** The largest that an image can be in one way or another, through the command line and into a guest. */
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TarInput, writeTar } from '../../images/rootfs/tar-writer.ts';
import { leftOut, noShare } from '../share.ts';
import { type World, world } from '../world.ts';
import { file } from './docker-archive.ts';
import { LAYER, Layout, named } from './layout.ts';
import { patched, SIZE } from './patched.ts';
import { peakMemory } from './peak-memory.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mvm-edges-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const busybox = (): TarInput => {
  const program = readFileSync(['/bin/busybox', '/usr/bin/busybox'].find((one) => existsSync(one)) as string);
  return { ...file('bin/busybox', program), mode: 0o755 };
};

/** What a script of busybox's prints in a machine of the image. */
async function inGuest(w: World, image: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await w.mvm(['run', image, '/bin/busybox', 'sh', '-c', script]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** Imports it; how far the service's memory grew meanwhile. */
async function importing(w: World, layout: Layout): Promise<number> {
  const path = await layout.folder(folder);
  await w.mvm(['images']);
  const peak = peakMemory(await w.servicePid());
  expect((await w.mvm(['images', 'import', path])).code).toBe(0);
  return peak();
}

const MiB = 1024 * 1024;

describe.skipIf(leftOut)(`an image${noShare}`, () => {
  it('with a file of 5 GiB takes no more memory than another, and no disk space for its zeros', async () => {
    const w = world();
    const packed = join(folder, 'large.tar.zst');
    const { diffId } = await compress(largeFile(), packed);
    const layout = new Layout();
    const large = layout.packedLayer(await readFile(packed), `${LAYER}+zstd`, diffId);
    layout.index(named(layout.imageOf([layout.layer([busybox()]), large]), 'large'));
    expect(await importing(w, layout)).toBeLessThan(256 * MiB);
    const [image] = JSON.parse((await w.mvm(['images', 'ls', '--json'])).stdout);
    expect(image.diskBytes).toBeLessThan(8 * MiB);
    const bytesAt = (block: number) =>
      `busybox dd if=/large bs=4096 skip=${block} count=1 2>/dev/null | busybox head -c 6`;
    const script = `alias busybox=/bin/busybox; busybox stat -c %s /large; ${bytesAt(0)}; ${bytesAt(2 ** 20)}; busybox tail -c 3 /large`;
    expect(await inGuest(w, 'large', script)).toBe(`${5 * 1024 * MiB}\nbegin\nat 4 Gend`);
  });

  it('of 100,000 files, half of them in one folder, has each of them', async () => {
    const w = world();
    const layout = new Layout();
    const files = Array.from({ length: 100_000 }, (_, index): TarInput => {
      const place = index % 2 === 0 ? 'all' : `some/${index % 1000}`;
      return file(`${place}/file-${index}`, index % 10 === 0 ? String(index) : '');
    });
    layout.index(named(layout.imageOf([layout.layer([busybox()]), layout.layer(files, 'gzip')]), 'many'));
    expect(await importing(w, layout)).toBeLessThan(512 * MiB);
    const count = (place: string) => `/bin/busybox find /${place} -type f | /bin/busybox wc -l`;
    const script = `${count('all')}; ${count('some')}; /bin/busybox cat /all/file-99990 /some/765/file-99765`;
    expect(await inGuest(w, 'many', script)).toBe('50000\n50000\n99990');
  });
});

async function compress(chunks: Iterable<Buffer>, path: string): Promise<{ diffId: string }> {
  const hash = createHash('sha256');
  const hashed = function* () {
    for (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(Readable.from(hashed()), createZstdCompress(), createWriteStream(path));
  return { diffId: `sha256:${hash.digest('hex')}` };
}

/** A tar of one file that has a word at its begin, at 4 GiB, where 32 bits end, and at its end. */
function* largeFile(): Generator<Buffer> {
  const size = 5 * 1024 * MiB;
  yield patched(writeTar([file('large', '')]).subarray(0, 512), { [SIZE]: `${size.toString(8).padStart(11, '0')}\0` });
  const zeros = Buffer.alloc(MiB);
  const marked = (text: string, at = 0) => {
    const bytes = Buffer.alloc(MiB);
    bytes.write(text, at);
    return bytes;
  };
  for (let at = 0; at < size; at += MiB) {
    if (at === 0) yield marked('begin\n');
    else if (at === 4 * 1024 * MiB) yield marked('at 4 G');
    else yield at + MiB === size ? marked('end', MiB - 3) : zeros;
  }
  yield Buffer.alloc(1024);
}
