import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fetchPackages, findArchive } from './debian-source.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'mvm-sources-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

function put(...names: string[]): void {
  mkdirSync(join(cache, 'sources'), { recursive: true });
  for (const name of names) writeFileSync(join(cache, 'sources', name), '');
}

test('the newest archive of a source package is found, whatever lies beside it', () => {
  expect(findArchive(cache, 'qemu')).toBeNull();
  put(
    'qemu_9.2.0+ds.orig.tar.xz',
    'qemu_10.0.2+ds.orig.tar.xz',
    'qemu-web_11.orig.tar.xz',
    'qemu_11.dsc',
    'unfinished-x',
  );
  expect(findArchive(cache, 'qemu')).toBe(join(cache, 'sources', 'qemu_10.0.2+ds.orig.tar.xz'));
});

test('an archive that came another way is named by a variable, and must be there', () => {
  put('qemu_10.0.2+ds.orig.tar.xz');
  writeFileSync(join(cache, 'mine.tar'), '');
  vi.stubEnv('MVM_QEMU_SOURCE', join(cache, 'mine.tar'));
  expect(findArchive(cache, 'qemu')).toBe(join(cache, 'mine.tar'));
  vi.stubEnv('MVM_QEMU_SOURCE', join(cache, 'none.tar'));
  expect(findArchive(cache, 'qemu')).toBeNull();
});

const lacksApt = existsSync('/usr/bin/apt-get') ? '' : ' (skipped: there is no apt-get)';

test.skipIf(lacksApt)(
  `a fetch without a network fails with what apt said, and clears away what an interrupted one left${lacksApt}`,
  async () => {
    put('busybox_1.orig.tar.bz2');
    mkdirSync(join(cache, 'sources', 'unfinished-AbCdEf', 'lists'), { recursive: true });
    // Apt, but with a host that there never is (RFC 6761) in place of each mirror.
    writeFileSync(join(cache, 'apt-get'), NOWHERE, { mode: 0o755 });
    vi.stubEnv('MVM_TEST_CACHE', cache);
    vi.stubEnv('PATH', `${cache}${delimiter}${process.env.PATH}`);
    await expect(fetchPackages(cache, [{ name: 'busybox', version: '1:1.35.0-4' }], () => {})).rejects.toMatchObject({
      code: 'source.not-fetched',
      message: 'not fetched from Debian: the source of busybox=1:1.35.0-4',
      hint: expect.stringMatching(/^E: Failed to fetch .*nowhere\.invalid[\s\S]*can be put into/m),
    });
    expect(readdirSync(join(cache, 'sources'))).toEqual(['busybox_1.orig.tar.bz2']);
  },
);

const NOWHERE = `#!/bin/sh
sed -i -E 's#[a-z]+://[^/ ]+#http://nowhere.invalid#' "$MVM_TEST_CACHE"/sources/unfinished-*/parts/* 2>/dev/null
exec /usr/bin/apt-get -o Acquire::Retries=0 "$@"
`;
