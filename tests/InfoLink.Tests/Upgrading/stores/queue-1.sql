CREATE TABLE queued_question(
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  exchange     BLOB NOT NULL,
  place        INTEGER NOT NULL,
  requester    TEXT NOT NULL,
  entry        TEXT NOT NULL,
  state        INTEGER NOT NULL,
  asked_ms     INTEGER NOT NULL,
  deadline_ms  INTEGER NOT NULL,
  content      BLOB,
  decision     INTEGER,
  denial       INTEGER,
  operator     TEXT,
  reason       TEXT,
  decided_ms   INTEGER,
  confirmed_by TEXT,
  answer       BLOB,
  UNIQUE (exchange, place));
CREATE INDEX queued_question_requester ON queued_question(requester) WHERE content IS NOT NULL;
CREATE INDEX queued_question_deadline ON queued_question(deadline_ms);
PRAGMA user_version = 1;
