CREATE TABLE log_schema(
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL);
CREATE TABLE log(
  shard   INTEGER PRIMARY KEY,
  origin  TEXT NOT NULL UNIQUE,
  writer  BIGINT NOT NULL,
  size    BIGINT NOT NULL,
  root    BLOB NOT NULL,
  probe   BIGINT NOT NULL);
CREATE TABLE entry(
  shard INTEGER NOT NULL, serial INTEGER PRIMARY KEY,
  event             INTEGER NOT NULL,
  time_ms           BIGINT NOT NULL,
  exchange_id       BLOB NOT NULL,
  open_digest       BLOB NOT NULL,
  private_root      BLOB NOT NULL,
  salt              BLOB,
  open_part         BLOB,
  particulars       BLOB,
  particulars_salt  BLOB,
  subjects          BLOB);
CREATE INDEX entry_exchange ON entry(exchange_id, event);
CREATE INDEX entry_event ON entry(event, time_ms);
CREATE TABLE content(
  shard     INTEGER NOT NULL,
  serial    BIGINT NOT NULL,
  position  INTEGER NOT NULL,
  sealed    BLOB NOT NULL,
  PRIMARY KEY (shard, serial, position));
CREATE TABLE tile(
  shard   INTEGER NOT NULL,
  level   INTEGER NOT NULL,
  number  BIGINT NOT NULL,
  root    BLOB NOT NULL,
  hashes  BLOB NOT NULL,
  PRIMARY KEY (shard, level, number));
CREATE TABLE checkpoint(
  shard    INTEGER NOT NULL,
  size     BIGINT NOT NULL,
  time_ms  BIGINT NOT NULL,
  note     BLOB NOT NULL,
  PRIMARY KEY (shard, time_ms));
CREATE TABLE person_run(
  shard         INTEGER NOT NULL,
  run           BIGINT NOT NULL,
  level         INTEGER NOT NULL,
  first_serial  BIGINT NOT NULL,
  end_serial    BIGINT NOT NULL,
  PRIMARY KEY (shard, run));
CREATE TABLE person_chunk(
  shard      INTEGER NOT NULL,
  run        BIGINT NOT NULL,
  first_key  BLOB NOT NULL,
  keys       BLOB NOT NULL,
  PRIMARY KEY (shard, run, first_key));
PRAGMA user_version = 0;
