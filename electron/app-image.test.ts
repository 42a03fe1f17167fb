import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appImageOf, keepParts, outsideOf } from './app-image.ts';

function ground() {
  const folder = mkdtempSync(join(tmpdir(), 'mvm-image-'));
  const appImage = join(folder, 'mvm.AppImage');
  const place = join(folder, 'share', 'mvm-parts');
  let built = 0;
  /** The AppImage is written, and its folder shows what is in it. */
  const build = (says: string): string => {
    const mounted = join(folder, `mount-${++built}`, 'resources', 'mvm');
    for (const name of ['bin/mvm', 'lib/service.mjs', 'runtime/bin/node']) {
      mkdirSync(dirname(join(mounted, name)), { recursive: true });
      writeFileSync(join(mounted, name), says, { mode: 0o755 });
    }
    writeFileSync(appImage, says);
    utimesSync(appImage, built, built);
    return mounted;
  };
  return { folder, appImage, place, build };
}

describe('the parts of an AppImage', () => {
  it('are there when its folder is gone, for links too', async () => {
    const { folder, appImage, place, build } = ground();
    const { folder: kept, current } = await keepParts({ appImage, mounted: build('one'), place });
    rmSync(join(folder, 'mount-1'), { recursive: true });
    for (const parts of [kept, current]) {
      expect(readFileSync(join(parts, 'lib', 'service.mjs'), 'utf8')).toBe('one');
      expect(statSync(join(parts, 'bin', 'mvm')).mode & 0o111).not.toBe(0);
      // What `mvm ui` starts.
      expect(readFileSync(join(parts, 'lib', 'app'), 'utf8').trim()).toBe(appImage);
    }
  });

  it('are copied once, wherever the AppImage is moved', async () => {
    const { folder, appImage, place, build } = ground();
    const first = await keepParts({ appImage, mounted: build('one'), place });
    const { ino } = statSync(join(first.folder, 'runtime', 'bin', 'node'));
    const moved = join(folder, 'elsewhere.AppImage');
    renameSync(appImage, moved);
    const again = await keepParts({ appImage: moved, mounted: join(folder, 'not there'), place });
    expect(again).toEqual(first);
    expect(statSync(join(first.folder, 'runtime', 'bin', 'node')).ino).toBe(ino);
    expect(readFileSync(join(first.folder, 'lib', 'app'), 'utf8').trim()).toBe(moved);
  });

  it('give way to those of a newer one, for links at once and on disk after the next', async () => {
    const { appImage, place, build } = ground();
    const first = await keepParts({ appImage, mounted: build('one'), place });
    const second = await keepParts({ appImage, mounted: build('two'), place });
    expect(second.folder).not.toBe(first.folder);
    expect(second.current).toBe(first.current);
    expect(readFileSync(join(first.current, 'lib', 'service.mjs'), 'utf8')).toBe('two');
    expect(existsSync(first.folder)).toBe(true);
    const third = await keepParts({ appImage, mounted: build('three'), place });
    expect(existsSync(first.folder)).toBe(false);
    expect(readdirSync(place)).toHaveLength(3);
    expect(join(place, readlinkSync(third.current))).toBe(third.folder);
  });
});

/** The number of a process that was. */
const deadPid = (): number => spawnSync('true').pid;

describe('parts that were not copied whole', () => {
  it('go before others are copied, and those of a copy that failed at once', async () => {
    const { folder, appImage, place, build } = ground();
    build('one');
    mkdirSync(place, { recursive: true });
    const [dead, living] = [`cut-off.${deadPid()}.partial`, `under-way.${process.ppid}.partial`];
    for (const name of [dead, living]) writeFileSync(join(place, name), 'a part of a copy');
    // A pipe ends a copy as a full disk does, half-way.
    const mounted = join(folder, 'with a pipe');
    mkdirSync(mounted);
    writeFileSync(join(mounted, 'a'), 'copied first');
    execFileSync('mkfifo', [join(mounted, 'b')]);
    await expect(keepParts({ appImage, mounted, place })).rejects.toThrow();
    expect(readdirSync(place)).toEqual([living]);
  });
});

describe('an AppImage', () => {
  const env = { APPIMAGE: '/apps/mvm.AppImage', APPDIR: '/tmp/.mount_mvmX', ARGV0: 'mvm', OWD: '/home/me' };

  it('is known by the folder that the app runs from, not by what another one set', () => {
    expect(appImageOf(env, '/tmp/.mount_mvmX/resources')).toBe('/apps/mvm.AppImage');
    expect(appImageOf(env, '/opt/mvm/resources')).toBeNull();
    expect(appImageOf({ ...env, APPDIR: '/tmp/.mount_mvm' }, '/tmp/.mount_mvmX/resources')).toBeNull();
    expect(appImageOf({ ...env, APPIMAGE: 'mvm.AppImage' }, '/tmp/.mount_mvmX/resources')).toBeNull();
    expect(appImageOf({}, '/opt/mvm/resources')).toBeNull();
  });

  it('leaves nothing of its folder to programs that outlive it', () => {
    const lists = {
      PATH: '/tmp/.mount_mvmX:/tmp/.mount_mvmX/usr/sbin:/usr/bin:/bin',
      LD_LIBRARY_PATH: '/tmp/.mount_mvmX/usr/lib',
      XDG_DATA_DIRS: '/usr/share::/tmp/.mount_mvmX/usr/share',
    };
    expect(outsideOf({ ...env, ...lists, HOME: '/home/me', EMPTY: '' })).toEqual({
      PATH: '/usr/bin:/bin',
      XDG_DATA_DIRS: '/usr/share:',
      HOME: '/home/me',
      EMPTY: '',
    });
    expect(outsideOf({ PATH: '/usr/bin:/bin', EMPTY: '' })).toEqual({ PATH: '/usr/bin:/bin', EMPTY: '' });
  });
});
