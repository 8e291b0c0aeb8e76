CREATE TABLE person(
  number      INTEGER PRIMARY KEY,
  link_code   BLOB NOT NULL UNIQUE,
  state       INTEGER NOT NULL DEFAULT 0,
  why         TEXT,
  withheld    INTEGER NOT NULL DEFAULT 0,
  manual_only INTEGER NOT NULL DEFAULT 0,
  verified_ms INTEGER NOT NULL DEFAULT 0);
CREATE INDEX person_verified ON person(verified_ms);
CREATE TABLE local_id(
  kind   TEXT NOT NULL,
  value  TEXT NOT NULL,
  person INTEGER NOT NULL,
  PRIMARY KEY (kind, value)) WITHOUT ROWID;
CREATE INDEX local_id_person ON local_id(person);
CREATE TABLE mismatch(
  person    INTEGER NOT NULL,
  requester TEXT NOT NULL,
  time_ms   INTEGER NOT NULL,
  PRIMARY KEY (person, requester)) WITHOUT ROWID;
CREATE TABLE link_history(
  serial    INTEGER PRIMARY KEY AUTOINCREMENT,
  time_ms   INTEGER NOT NULL,
  what      INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  value     TEXT NOT NULL,
  link_code BLOB NOT NULL,
  operator  TEXT NOT NULL,
  reason    TEXT NOT NULL);
CREATE INDEX link_history_id ON link_history(kind, value);
CREATE INDEX link_history_code ON link_history(link_code);
PRAGMA user_version = 2;
