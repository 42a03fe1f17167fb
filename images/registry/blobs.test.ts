import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobPath, holdsBlob, putBlobs } from './blobs.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mvm-blobs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const abc = { digest: `sha256:${createHash('sha256').update('abc').digest('hex')}`, size: 3 };
const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));

describe('blobs', () => {
  it('are named by what they hold', async () => {
    expect(await putBlobs(folder, [{ data: bytes('a', 'bc'), promised: abc }])).toEqual([abc]);
    expect(await readFile(blobPath(folder, abc.digest), 'utf8')).toBe('abc');
    expect(await holdsBlob(folder, abc)).toBe(true);
  });

  it.each([
    ['are something else', ['abd'], 'has the digest'],
    ['are more', ['abcd'], 'more than its 3 bytes'],
    ['are fewer', ['ab'], 'fewer than its 3 bytes'],
  ])('are not kept when they %s than promised, nor those before them', async (_, texts, message) => {
    const putting = putBlobs(folder, [{ data: bytes('first') }, { data: bytes(...texts), promised: abc }]);
    await expect(putting).rejects.toMatchObject({ code: 'image.corrupt', message: expect.stringContaining(message) });
    expect(await readdir(folder)).toEqual([]);
  });
});
