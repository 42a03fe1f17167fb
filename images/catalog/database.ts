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

export function unusable(path: string, cause: unknown): MvmError {
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
  const made = `${path}.copy-new`;
  rmSync(made, { force: true });
  try {
    connection.prepare('VACUUM INTO ?').run(made);
  } catch (error) {
    rmSync(made, { force: true });
    // A full disk: the copies of earlier starts stay, and who wants to free space can.
    if (error instanceof Database.SqliteError) return;
    throw error;
  }
  if (existsSync(newest)) renameSync(newest, older);
  renameSync(made, newest);
}

/** When no copy is whole, defaults and an empty history are what is left. */
function restore(connection: Connection, path: string): void {
  const there = copies(path).filter((copy) => existsSync(copy));
  there.some((copy) => restoreFrom(connection, copy));
}

/** False when the copy is damaged as well. */
function restoreFrom(connection: Connection, copy: string): boolean {
  try {
    connection.prepare('ATTACH ? AS kept').run(copy);
    try {
      connection.transaction(() => {
        for (const table of ['settings', 'history']) takeOver(connection, table);
      })();
    } finally {
      connection.exec('DETACH kept');
    }
    return true;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

/** A copy that an earlier version made has fewer columns. */
function takeOver(connection: Connection, table: string): void {
  const columns = connection.prepare<[string], string>("SELECT name FROM pragma_table_info(?, 'kept')").pluck();
  const names = columns.all(table).join(', ');
  connection.exec(`INSERT INTO ${table} (${names}) SELECT ${names} FROM kept.${table}`);
}
