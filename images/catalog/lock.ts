/** A lock that the kernel drops when its holder dies, however it dies: an exclusive SQLite transaction. */
import Database from 'better-sqlite3';

/** null when another process holds it */
export function tryLock(path: string): { release(): void } | null {
  const connection = new Database(path, { timeout: 0 });
  try {
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.exec('BEGIN EXCLUSIVE');
    return { release: () => connection.close() };
  } catch (error) {
    connection.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
}
