CREATE TABLE ledger(
  id             INTEGER PRIMARY KEY CHECK (id = 1),
  schema_version INTEGER NOT NULL);
CREATE TABLE opening(
  id              INTEGER PRIMARY KEY CHECK (id = 1),
  unused_since_ms BIGINT);
CREATE TABLE spent(
  token   BLOB PRIMARY KEY,
  attempt BLOB NOT NULL,
  keep_ms BIGINT NOT NULL) WITHOUT ROWID;
CREATE INDEX spent_keep ON spent(keep_ms);
PRAGMA user_version = 0;
