/** Opens the catalog: sound, migrated, copied; a damaged one is set aside and rebuilt by the caller from what is on disk. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { MvmError } from '../../vmm/contract/errors.ts';
import { migrations } from './migrations/index.ts';

export type Connection = Database.Database;

export interface OpenedCatalog {
  connection: Connection;
  /** where the damaged catalog was put, when there was one */
  setAside: string | null;
}

/** Copies of settings and history, the newest first. */
const copies = (path: string): [string, string] => [`${path}.copy-1`, `${path}.copy-2`];

/** @throws MvmError `catalog.newer` when a newer mvm made it, `catalog.unusable` when the file cannot be opened at all */
export function openDatabase(path: string, now: () => number = Date.now): OpenedCatalog {
  const sound = tryOpen(path);
  if (sound) {
    keepCopies(sound, path);
    return { connection: sound, setAside: null };
  }
  const setAside = putAside(path, now());
  const fresh = tryOpen(path);
  if (!fresh) throw new MvmError('catalog.unusable', `the catalog at ${path} cannot be created`);
  restore(fresh, path);
  return { connection: fresh, setAside };
}

/** null means damaged. */
function tryOpen(path: string): Connection | null {
  let connection: Connection | null = null;
  try {
    connection = new Database(path);
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = NORMAL');
    connection.pragma('foreign_keys = ON');
    if (connection.pragma('quick_check', { simple: true }) !== 'ok') throw new Damaged();
    migrate(connection, path);
    return connection;
  } catch (error) {
    connection?.close();
    if (isDamage(error)) return null;
    if (error instanceof MvmError) throw error;
    throw unusable(path, error);
  }
}

class Damaged extends Error {}

const isDamage = (error: unknown): boolean =>
  error instanceof Damaged || (error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code));

function unusable(path: string, cause: unknown): MvmError {
  const code = cause instanceof Database.SqliteError ? cause.code : '';
  if (code.startsWith('SQLITE_FULL'))
    return new MvmError('disk.full', `no space left for the catalog at ${path}`, {
      hint: 'Free some space, or set MVM_HOME to a folder on a larger disk.',
      cause,
    });
  return new MvmError('catalog.unusable', `the catalog at ${path} cannot be opened (${(cause as Error).message})`, {
    hint: 'Check that MVM_HOME is a folder you may write to.',
    cause,
  });
}

function migrate(connection: Connection, path: string): void {
  const version = connection.pragma('user_version', { simple: true }) as number;
  if (version > migrations.length)
    throw new MvmError('catalog.newer', `the catalog at ${path} was made by a newer mvm (version ${version})`, {
      hint: 'Update this mvm, or set MVM_HOME to another folder.',
    });
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    connection.transaction(() => {
      connection.exec(sql);
      connection.pragma(`user_version = ${index + 1}`);
    })();
  }
}

function putAside(path: string, at: number): string {
  const aside = `${path}.damaged-${new Date(at).toISOString().replace(/[:.]/g, '-')}`;
  renameSync(path, aside);
  // The write-ahead log belongs to the damaged file and would be replayed into the new one.
  for (const suffix of ['-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return aside;
}

/** Settings and history live in the catalog alone, so two copies are kept, one of each of the last two starts. */
function keepCopies(connection: Connection, path: string): void {
  const [newest, older] = copies(path);
  if (existsSync(newest)) renameSync(newest, older);
  connection.prepare('VACUUM INTO ?').run(newest);
}

function restore(connection: Connection, path: string): void {
  const copy = copies(path).find((candidate) => existsSync(candidate));
  if (!copy) return;
  try {
    connection.prepare('ATTACH ? AS kept').run(copy);
    connection.exec(
      'INSERT INTO settings SELECT * FROM kept.settings; INSERT INTO history SELECT * FROM kept.history;',
    );
    connection.exec('DETACH kept');
  } catch (error) {
    if (!isDamage(error)) throw error;
    // The copy is damaged as well: defaults and an empty history are what is left.
    rmSync(copy);
  }
}
