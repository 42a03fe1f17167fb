import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobPath, holdsBlob, putBlobs } from './blobs.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mvm-blobs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const identityOf = (text: string) => {
  return { digest: `sha256:${createHash('sha256').update(text).digest('hex')}`, size: text.length };
};
const abc = identityOf('abc');
const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));

describe('blobs', () => {
  it('are named by what they hold', async () => {
    await putBlobs(folder, [{ data: bytes('a', 'bc'), promised: abc }]);
    expect(await readFile(blobPath(folder, abc.digest), 'utf8')).toBe('abc');
    expect(await holdsBlob(folder, abc)).toBe(true);
  });

  it.each([
    ['are something else', ['abd'], 'has the digest'],
    ['are more', ['abcd'], 'more than its 3 bytes'],
    ['are fewer', ['ab'], 'fewer than its 3 bytes'],
  ])('are not kept when they %s than promised, nor those before them', async (_, texts, message) => {
    const first = { data: bytes('first'), promised: identityOf('first') };
    const putting = putBlobs(folder, [first, { data: bytes(...texts), promised: abc }]);
    await expect(putting).rejects.toMatchObject({ code: 'image.corrupt', message: expect.stringContaining(message) });
    expect(await readdir(folder)).toEqual([]);
  });

  it('can be used before they are named, and are not kept when that fails', async () => {
    const blob = () => ({ data: bytes('abc'), promised: abc });
    const use = async (pathOf: (digest: string) => string) => {
      expect(await readFile(pathOf(abc.digest), 'utf8')).toBe('abc');
      expect(await holdsBlob(folder, abc)).toBe(false);
    };
    const failing = async () => {
      throw new Error('of no use');
    };
    await expect(putBlobs(folder, [blob()], failing)).rejects.toThrow('of no use');
    expect(await readdir(folder)).toEqual([]);
    await putBlobs(folder, [blob()], use);
    expect(await holdsBlob(folder, abc)).toBe(true);
  });

  it('take no space for zeros', async () => {
    const zeros = Buffer.alloc(1 << 20);
    const data = [Buffer.from('a'), ...Array.from({ length: 20 }, () => zeros), Buffer.from('z')];
    const { digest, size } = identityOf(Buffer.concat(data).toString('latin1'));
    await putBlobs(folder, [{ data, promised: { digest, size } }]);
    expect(await holdsBlob(folder, { digest, size })).toBe(true);
    expect((await stat(blobPath(folder, digest))).blocks * 512).toBeLessThan(100_000);
  });
});
