CREATE TABLE seen(
  origin TEXT PRIMARY KEY,
  size   INTEGER NOT NULL,
  root   BLOB NOT NULL,
  note   BLOB NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 0;
