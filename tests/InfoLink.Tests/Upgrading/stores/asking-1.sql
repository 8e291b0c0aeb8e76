CREATE TABLE ask_job(
  name      TEXT PRIMARY KEY,
  begun_ms  INTEGER NOT NULL,
  ended_ms  INTEGER,
  operator  TEXT NOT NULL,
  terminal  TEXT NOT NULL,
  entry     TEXT NOT NULL,
  question  TEXT NOT NULL,
  columns   TEXT NOT NULL,
  file      TEXT NOT NULL,
  lines     INTEGER,
  written   INTEGER,
  next      INTEGER NOT NULL DEFAULT 0,
  beyond    BLOB NOT NULL DEFAULT x'',
  trouble   TEXT NOT NULL DEFAULT '');
CREATE TABLE ask_job_count(
  job     TEXT NOT NULL,
  outcome INTEGER NOT NULL,
  refusal TEXT NOT NULL,
  count   INTEGER NOT NULL,
  PRIMARY KEY (job, outcome, refusal)) WITHOUT ROWID;
PRAGMA user_version = 1;
