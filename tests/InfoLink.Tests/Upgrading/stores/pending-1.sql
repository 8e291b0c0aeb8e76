CREATE TABLE pending_exchange(
  exchange    BLOB PRIMARY KEY,
  provider    TEXT NOT NULL,
  entry       TEXT NOT NULL,
  asked_ms    INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  itself      INTEGER NOT NULL,
  is_open     INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  next_ms     INTEGER NOT NULL,
  trouble     TEXT NOT NULL DEFAULT '',
  content     BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX pending_exchange_next ON pending_exchange(next_ms) WHERE is_open = 1;
CREATE INDEX pending_exchange_deadline ON pending_exchange(deadline_ms);
CREATE TABLE pending_person(
  exchange BLOB NOT NULL,
  place    INTEGER NOT NULL,
  state    INTEGER NOT NULL,
  refusal  TEXT NOT NULL DEFAULT '',
  answer   BLOB,
  PRIMARY KEY (exchange, place)) WITHOUT ROWID;
PRAGMA user_version = 1;
