/** One service for one home: its lock, and the folder of its sockets. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    mkdirSync(home, { recursive: true, mode: 0o700 });
    chmodSync(home, 0o700);
    return realpathSync(home);
  } catch (error) {
    throw homeFailure(home, error);
  }
}

function homeFailure(home: string, cause: unknown): MvmError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE';
  return new MvmError(full ? 'disk.full' : 'home.unusable', `${home} cannot be used as MVM_HOME: ${message}`, {
    hint: full
      ? 'Free some space there, or set MVM_HOME to a folder on a larger disk.'
      : 'Set MVM_HOME to a folder that you own and may write to.',
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
