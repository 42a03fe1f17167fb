/** Images, machines, settings and the history of runs. */
export const sql = `
CREATE TABLE images (
  digest     TEXT NOT NULL,
  reference  TEXT NOT NULL UNIQUE,
  image      TEXT NOT NULL CHECK (json_valid(image)),
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX images_by_digest ON images (digest);

CREATE TABLE machines (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
  id          INTEGER PRIMARY KEY,
  at          INTEGER NOT NULL,
  image       TEXT NOT NULL,
  argv        TEXT NOT NULL CHECK (json_valid(argv)),
  env_names   TEXT NOT NULL CHECK (json_valid(env_names)),
  exit_code   INTEGER,
  duration_ms INTEGER
) STRICT;
`;
