/** The catalog: an index of images and machines, and the only home of settings and history. */
import { completeRun } from '../../vmm/contract/run-defaults.ts';
import type { HistoryEntry, Image, NewHistoryEntry, PastRequest } from '../../vmm/contract/types.ts';
import { type Connection, openDatabase, unusable } from './database.ts';

export interface Catalog {
  /** where a damaged catalog was put at this start; its index must be rebuilt */
  readonly setAside: string | null;
  images: {
    all(): Image[];
    /** keyed by reference; an image without one is kept under its digest */
    put(image: Image): void;
    remove(image: Image): void;
  };
  machines: {
    put(machine: { id: string; name: string; created: number }): void;
    remove(id: string): void;
    idOf(name: string): string | null;
    replaceAll(machines: { id: string; name: string; created: number }[]): void;
  };
  settings: {
    get(name: string): unknown;
    set(name: string, value: unknown): void;
  };
  history: {
    start(entry: NewHistoryEntry): HistoryEntry;
    /** null when the row is too old to be kept */
    finish(id: number, exitCode: number | null, durationMs: number): HistoryEntry | null;
    recent(limit: number): HistoryEntry[];
  };
  close(): void;
}

/** Runs remembered, so that years of use stay small. */
const HISTORY_LIMIT = 1_000;

export function openCatalog(path: string): Catalog {
  const { connection, setAside } = openDatabase(path);
  return {
    setAside,
    images: imageTable(connection),
    machines: machineTable(connection),
    settings: settingTable(connection),
    history: historyTable(connection),
    close: () => connection.close(),
  };
}

/** @throws MvmError `disk.full`, `catalog.unusable` */
function writer<Values extends unknown[]>(db: Connection, sql: string) {
  const statement = db.prepare<Values>(sql);
  return (...values: Values) => {
    try {
      return statement.run(...values);
    } catch (cause) {
      throw unusable(db.name, cause);
    }
  };
}

function imageTable(db: Connection): Catalog['images'] {
  const all = db.prepare<[], { image: string }>('SELECT image FROM images ORDER BY reference');
  const put = writer<[string, string, string, number]>(
    db,
    `INSERT INTO images (digest, reference, image, created_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (reference) DO UPDATE SET digest = excluded.digest, image = excluded.image, created_at = excluded.created_at`,
  );
  const remove = writer<[string]>(db, 'DELETE FROM images WHERE reference = ?');
  const key = (image: Image) => image.reference ?? image.digest;
  return {
    all: () => all.all().map((row) => JSON.parse(row.image) as Image),
    put: (image) => void put(image.digest, key(image), JSON.stringify(image), image.created),
    remove: (image) => void remove(key(image)),
  };
}

interface MachineRow {
  id: string;
  name: string;
  created: number;
}

function machineTable(db: Connection): Catalog['machines'] {
  // A row that a full disk kept from being removed gives way.
  const put = writer<[string, string, number]>(
    db,
    'INSERT OR REPLACE INTO machines (id, name, created_at) VALUES (?, ?, ?)',
  );
  const remove = writer<[string]>(db, 'DELETE FROM machines WHERE id = ?');
  const idOf = db.prepare<[string], { id: string }>('SELECT id FROM machines WHERE name = ?');
  const ids = db.prepare<[], { id: string }>('SELECT id FROM machines');
  const replaceAll = db.transaction((machines: MachineRow[]) => {
    const wanted = new Set(machines.map(({ id }) => id));
    for (const { id } of ids.all()) if (!wanted.delete(id)) remove(id);
    for (const { id, name, created } of machines) if (wanted.has(id)) put(id, name, created);
  });
  return {
    put: ({ id, name, created }) => void put(id, name, created),
    remove: (id) => void remove(id),
    idOf: (name) => idOf.get(name)?.id ?? null,
    replaceAll: (machines) => replaceAll(machines),
  };
}

function settingTable(db: Connection): Catalog['settings'] {
  const get = db.prepare<[string], { value: string }>('SELECT value FROM settings WHERE name = ?');
  const set = writer<[string, string]>(db, 'INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)');
  return {
    get: (name) => {
      const row = get.get(name);
      return row ? (JSON.parse(row.value) as unknown) : undefined;
    },
    set: (name, value) => void set(name, JSON.stringify(value)),
  };
}

function historyTable(db: Connection): Catalog['history'] {
  const start = writer<[number, string | null, string, string, string, string | null]>(
    db,
    'INSERT INTO history (at, machine, image, argv, env_names, request) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const trim = writer<[number]>(db, 'DELETE FROM history WHERE id <= ?');
  const finish = writer<[number | null, number, number]>(
    db,
    'UPDATE history SET exit_code = ?, duration_ms = ? WHERE id = ?',
  );
  const one = db.prepare<[number], HistoryRow>('SELECT * FROM history WHERE id = ?');
  const recent = db.prepare<[number], HistoryRow>('SELECT * FROM history ORDER BY id DESC LIMIT ?');
  return {
    start: (entry) => {
      const { at, machine, image, argv, envNames, request } = entry;
      const asked = request && JSON.stringify(request);
      const { lastInsertRowid } = start(at, machine, image, JSON.stringify(argv), JSON.stringify(envNames), asked);
      const id = Number(lastInsertRowid);
      trim(id - HISTORY_LIMIT);
      return { ...entry, id, exitCode: null, durationMs: null };
    },
    finish: (id, exitCode, durationMs) => {
      finish(exitCode, Math.round(durationMs), id);
      const row = one.get(id);
      return row ? toEntry(row) : null;
    },
    recent: (limit) => recent.all(limit).map(toEntry),
  };
}

interface HistoryRow {
  id: number;
  at: number;
  machine: string | null;
  image: string;
  argv: string;
  env_names: string;
  request: string | null;
  exit_code: number | null;
  duration_ms: number | null;
}

/** What an older mvm wrote lacks what has been added to runs since. */
function pastRequest(text: string): PastRequest {
  const { env: _none, ...request } = completeRun(JSON.parse(text) as PastRequest);
  return request;
}

const toEntry = (row: HistoryRow): HistoryEntry => ({
  id: row.id,
  at: row.at,
  machine: row.machine,
  image: row.image,
  argv: JSON.parse(row.argv) as string[],
  envNames: JSON.parse(row.env_names) as string[],
  request: row.request === null ? null : pastRequest(row.request),
  exitCode: row.exit_code,
  durationMs: row.duration_ms,
});
