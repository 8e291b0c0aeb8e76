CREATE TABLE person(
  number      INTEGER PRIMARY KEY,
  link_code   BLOB NOT NULL UNIQUE,
  state       INTEGER NOT NULL DEFAULT 0,
  why         TEXT,
  withheld    INTEGER NOT NULL DEFAULT 0,
  manual_only INTEGER NOT NULL DEFAULT 0,
  verified_ms INTEGER NOT NULL DEFAULT 0, other_code BLOB, refused_epoch INTEGER NOT NULL DEFAULT 0);
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
CREATE TABLE kept_mark(
  kind        TEXT NOT NULL,
  value       TEXT NOT NULL,
  withheld    INTEGER NOT NULL,
  manual_only INTEGER NOT NULL,
  PRIMARY KEY (kind, value)) WITHOUT ROWID;
CREATE TABLE link_doubt(
  person  INTEGER PRIMARY KEY,
  tries   INTEGER NOT NULL,
  next_ms INTEGER NOT NULL,
  reasons TEXT NOT NULL);
CREATE TRIGGER person_gone AFTER DELETE ON person BEGIN DELETE FROM link_doubt WHERE person = OLD.number; END;
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
CREATE UNIQUE INDEX person_other_code ON person(other_code);
CREATE TABLE link_code_end(
  time_ms   INTEGER NOT NULL,
  epoch     INTEGER NOT NULL,
  destroyed INTEGER NOT NULL,
  PRIMARY KEY (epoch, time_ms)) WITHOUT ROWID;
PRAGMA user_version = 3;
