/** One service for one home: its lock, and the folder of its sockets. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tryLock } from '../../images/catalog/lock.ts';
import { MvmError } from '../contract/errors.ts';
import { findRunFolder, type HomePaths, homePaths } from '../paths.ts';

export interface Claim {
  paths: HomePaths;
  runFolder: string;
  release(): void;
}

/** null when another service has this home. @throws MvmError `home.unusable`, `disk.full` */
export function claimHome(home: string): Claim | null {
  const paths = homePaths(makeHome(home));
  try {
    for (const folder of [paths.disks, paths.machines, paths.logs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = tryLock(paths.serviceLock);
    return lock && { paths, runFolder: makeRunFolder(paths), release: lock.release };
  } catch (error) {
    throw homeFailure(paths.home, error);
  }
}

function makeHome(home: string): string {
  try {
    makeFolder(home);
    const real = realpathSync(home);
    if (holdsOtherThings(real)) throw new MvmError('home.unusable', 'it holds other things');
    chmodSync(real, 0o700);
    return real;
  } catch (error) {
    throw homeFailure(home, error);
  }
}

/** With those above it. Node's own way never returns where a folder takes no other, as /proc does. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

/** A folder such as /tmp is not to be closed to everybody else, nor to be written all over. */
function holdsOtherThings(folder: string): boolean {
  const { catalog, machines, serviceLock, accelerators } = homePaths(folder);
  if ([catalog, machines, serviceLock, accelerators].some((path) => existsSync(path))) return false;
  return readdirSync(folder).some((name) => name !== 'lost+found');
}

function homeFailure(home: string, cause: unknown): MvmError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE';
  return new MvmError(full ? 'disk.full' : 'home.unusable', `${home} cannot be used as MVM_HOME: ${message}`, {
    hint: full
      ? 'Free some space there, or set MVM_HOME to a folder on a larger disk.'
      : 'Set MVM_HOME to a folder of its own that you may write to.',
    cause,
  });
}

/** `run` in the home while paths stay short enough for a socket, else a folder of ours under the temporary one. */
function makeRunFolder(paths: HomePaths): string {
  const known = findRunFolder(paths);
  if (known) {
    mkdirSync(known, { recursive: true, mode: 0o700 });
    return known;
  }
  const made = mkdtempSync(join(tmpdir(), 'mvm-'));
  writeFileSync(`${paths.runPointer}.new`, made, { mode: 0o600 });
  renameSync(`${paths.runPointer}.new`, paths.runPointer);
  return made;
}
