/** One set-up at a time for one cache: an exclusive SQLite transaction, which the kernel drops when its holder dies. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';

/** Waits for its turn and tells once for whom. The lock is held until this process ends. */
export async function takeLock(cache: string, me: string, onWait: (holder: string) => void): Promise<void> {
  const database = new DatabaseSync(join(cache, 'setup.lock'), { timeout: 0 });
  const holder = join(cache, 'setup.lock.holder');
  for (let waited = false; !tryLock(database); waited = true) {
    if (!waited) onWait(readHolder(holder));
    await setTimeout(250);
  }
  writeFileSync(holder, me);
  held.push(database);
}

/** Keeps the databases from being collected, which would close them. */
const held: DatabaseSync[] = [];

const SQLITE_BUSY = 5;

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw error;
  }
}

/** The holder writes its name just after it took the lock, so for a moment there may be none. */
function readHolder(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return 'another set-up';
  }
}
