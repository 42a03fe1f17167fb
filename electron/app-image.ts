/**
 * An AppImage shows its parts in a folder that goes when the app quits. The service, its machines and `mvm` on PATH stay:
 * so what they run is copied to where it stays, once for each AppImage.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join, relative } from 'node:path';

/** The AppImage that this app runs from, null for none: what it sets reaches every program that is started from it. */
export function appImageOf(env: NodeJS.ProcessEnv, resourcesPath: string): string | null {
  const { APPIMAGE, APPDIR } = env;
  return APPIMAGE && isAbsolute(APPIMAGE) && APPDIR && isWithin(APPDIR, resourcesPath) ? APPIMAGE : null;
}

/** For programs that outlive the app: without what leads into the AppImage's folder. */
export function outsideOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { APPIMAGE: _file, APPDIR: folder = '', ARGV0: _name, OWD: _from, ...rest } = env;
  const kept = Object.entries(rest).map(([name, value = '']): [string, string | undefined] => {
    const parts = value.split(delimiter);
    const outside = parts.filter((part) => !isWithin(folder, part));
    if (outside.length === parts.length) return [name, value];
    return [name, outside.join(delimiter) || undefined];
  });
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}

function isWithin(folder: string, path: string): boolean {
  if (!isAbsolute(folder) || !isAbsolute(path)) return false;
  const way = relative(folder, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith('../');
}

export interface KeptParts {
  /** of this AppImage */
  folder: string;
  /** leads to those of the AppImage that ran last: for links that stay */
  current: string;
}

export interface KeepOptions {
  appImage: string;
  /** the parts in its folder */
  mounted: string;
  /** where they stay */
  place: string;
}

/** Those of the last AppImage stay as well, for a service that still runs from there. */
const KEPT = 2;

export async function keepParts({ appImage, mounted, place }: KeepOptions): Promise<KeptParts> {
  mkdirSync(place, { recursive: true, mode: 0o700 });
  removeUnfinished(place);
  const folder = join(place, nameOf(appImage));
  const current = join(place, CURRENT);
  if (!existsSync(folder)) await copyWhole(mounted, folder);
  // For `mvm ui`, wherever the AppImage was moved.
  writeFileSync(join(folder, 'lib', 'app'), `${appImage}\n`);
  const link = partialOf(current);
  symlinkSync(basename(folder), link);
  renameSync(link, current);
  removeOld(place, basename(folder));
  return { folder, current };
}

const CURRENT = 'current';

/** What it needs may be most of a disk: none of it stays when it is not enough. */
async function copyWhole(from: string, to: string): Promise<void> {
  const partial = partialOf(to);
  try {
    await cp(from, partial, { recursive: true, verbatimSymlinks: true });
    renameSync(partial, to);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

const partialOf = (path: string): string => `${path}.${process.pid}.partial`;

/** What was cut off with its process; one of this number was an earlier process. */
function removeUnfinished(place: string): void {
  for (const name of readdirSync(place)) {
    const [, pid] = name.match(/\.(\d+)\.partial$/) ?? [];
    if (pid && (Number(pid) === process.pid || !existsSync(join('/proc', pid))))
      rmSync(join(place, name), { recursive: true, force: true });
  }
}

/** An AppImage that was moved is the same; one that took its place is not. */
function nameOf(appImage: string): string {
  const { size, mtimeMs } = statSync(appImage);
  return createHash('sha256').update(`${size} ${mtimeMs}`).digest('hex').slice(0, 16);
}

function removeOld(place: string, now: string): void {
  const others = readdirSync(place).filter((name) => /^\w+$/.test(name) && name !== now && name !== CURRENT);
  const newestFirst = others.toSorted((a, b) => statSync(join(place, b)).ctimeMs - statSync(join(place, a)).ctimeMs);
  for (const name of newestFirst.slice(KEPT - 1)) rmSync(join(place, name), { recursive: true, force: true });
}
