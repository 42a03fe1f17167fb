import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { homePaths } from '../../vmm/paths.ts';
import { leftOut } from '../share.ts';
import { World } from '../world.ts';
import { debianArchive, findMirror, type Mirror, whyNoDebian } from './debian-root.ts';
import { peakMemory } from './peak-memory.ts';

const mirror = findMirror();
const lack = leftOut ? 'takes minutes, MVM_WHOLE=1 runs it' : whyNoDebian(mirror);
const hasOracle = spawnSync('fsck.erofs', ['-V']).status === 0;
const noOracle = hasOracle ? '' : ' (skipped: erofs-utils is not installed)';

/** Most that the service may grow by while it imports some hundred megabytes. */
const MEMORY = 256 * 1024 * 1024;

describe.skipIf(lack)(`a real Debian root${lack ? ` (skipped: ${lack})` : ''}`, () => {
  let w: World;
  let grown = 0;
  // debootstrap takes a minute or two, once for each cache.
  beforeAll(async () => {
    const archive = await debianArchive(mirror as Mirror);
    w = new World();
    await w.mvm(['images']);
    const peak = peakMemory(await w.servicePid());
    expect(await w.mvm(['images', 'import', archive])).toMatchObject({ code: 0, stdout: 'debian:minbase\n' });
    grown = peak();
  }, 900_000);
  afterAll(() => w.end());

  const inGuest = async (...command: string[]) => {
    const { code, stdout, stderr } = await w.mvm(['run', 'debian:minbase', ...command]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };

  it('is imported in bounded memory', () => {
    expect(grown).toBeLessThan(MEMORY);
  });

  it('boots, and knows its version and its packages', async () => {
    expect(await inGuest('cat', '/etc/debian_version')).toMatch(/^[0-9]+\.[0-9]+\n$/);
    const packages = await inGuest('sh', '-c', 'dpkg -l | grep -c ^ii');
    expect(Number(packages)).toBeGreaterThan(80);
  });

  it('has every file of its packages as Debian made it', async () => {
    expect(await inGuest('dpkg', '--verify', 'libc6', 'coreutils', 'dpkg', 'tzdata')).toBe('');
    expect(await inGuest('perl', '-e', 'print 6 * 7')).toBe('42');
  });

  it.skipIf(!hasOracle)(`is a disk that fsck.erofs finds whole${noOracle}`, () => {
    const { disks } = homePaths(w.home);
    const [disk = ''] = readdirSync(disks);
    execFileSync('fsck.erofs', ['--extract', join(disks, disk)], { stdio: 'pipe' });
  });
});
