/** Where on this host a copy goes: docker's table of what exists and what a slash at the end asks for. */
import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { MvmError } from '../../contract/errors.ts';

export interface Place {
  folder: string;
  /** the name that the copied file or folder gets there; null: its own */
  name: string | null;
}

/** @throws MvmError `copy.not-found`, `copy.no-folder`, `copy.no-file`, `copy.failed` */
export function choosePlace(to: string, copiesFolder: boolean): Place {
  try {
    return choose(to, copiesFolder);
  } catch (error) {
    throw error instanceof MvmError ? error : new MvmError('copy.failed', (error as Error).message, { cause: error });
  }
}

function choose(to: string, copiesFolder: boolean): Place {
  const { path, folder } = readDestination(to);
  const found = look(path);
  if (found?.isDirectory()) return { folder: path, name: null };
  if (found && folder) throw new MvmError('copy.no-folder', `${path} is not a folder`);
  if (found && copiesFolder)
    throw new MvmError('copy.no-folder', `a folder cannot be copied onto the file ${path}`, {
      hint: 'Name a folder, or a name that is free.',
    });
  if (found && !found.isFile()) throw new MvmError('copy.no-file', `${path} is neither a file nor a folder`);
  if (!found && folder && !copiesFolder) throw notFound(path);
  const real = found ? realpathSync(path) : join(parentOf(path), basename(path));
  return { folder: dirname(real), name: basename(real) };
}

function readDestination(to: string): { path: string; folder: boolean } {
  const path = to.replace(/(?<=.)(\/+\.?)+$/, '') || '/';
  return { path, folder: path !== to || path === '.' || path === '..' };
}

function look(path: string): Stats | null {
  const found = statSync(path, { throwIfNoEntry: false }) ?? null;
  if (!found && lstatSync(path, { throwIfNoEntry: false }))
    throw new MvmError('copy.not-found', `${path} is a link that leads nowhere`);
  return found;
}

function parentOf(path: string): string {
  const parent = dirname(path);
  if (statSync(parent, { throwIfNoEntry: false })?.isDirectory()) return realpathSync(parent);
  throw notFound(parent);
}

const notFound = (folder: string): MvmError =>
  new MvmError('copy.not-found', `there is no folder ${folder}`, { hint: `Make it first: mkdir -p ${folder}` });
