CREATE TABLE remedy_case(
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  ending     INTEGER UNIQUE,
  kind       TEXT NOT NULL,
  value      TEXT NOT NULL,
  reason     INTEGER NOT NULL,
  state      INTEGER NOT NULL,
  found_ms   INTEGER NOT NULL,
  operator   TEXT NOT NULL,
  grounds    TEXT NOT NULL,
  decided_ms INTEGER,
  decided_by TEXT,
  decision   TEXT,
  is_cut     INTEGER NOT NULL);
CREATE TABLE remedy_notice(
  case_number INTEGER NOT NULL,
  exchange    BLOB NOT NULL,
  side        INTEGER NOT NULL,
  counterpart TEXT NOT NULL,
  reference   BLOB NOT NULL,
  entry       TEXT NOT NULL,
  kinds       TEXT NOT NULL,
  time_ms     INTEGER NOT NULL,
  subjects    TEXT NOT NULL,
  progress    INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  next_ms     INTEGER NOT NULL DEFAULT 0,
  refusal     INTEGER,
  acked_ms    INTEGER,
  there       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (case_number, exchange, side)) WITHOUT ROWID;
CREATE INDEX remedy_notice_due ON remedy_notice(progress, next_ms);
CREATE TABLE remedy_seen(
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  serial INTEGER NOT NULL);
CREATE TABLE received_notice(
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  sender      TEXT NOT NULL,
  reference   BLOB NOT NULL,
  exchange    BLOB NOT NULL,
  side        INTEGER NOT NULL,
  indices     TEXT NOT NULL,
  reason      INTEGER NOT NULL,
  decided_ms  INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  operator    TEXT,
  why         TEXT,
  UNIQUE (sender, reference, exchange));
CREATE INDEX received_notice_state ON received_notice(state, number);
PRAGMA user_version = 1;
