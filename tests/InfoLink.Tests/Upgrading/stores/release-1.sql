CREATE TABLE release_ticket(
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  question    BLOB NOT NULL,
  entry       TEXT NOT NULL,
  persons     INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  asked_ms    INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  operator    TEXT,
  content     BLOB);
CREATE INDEX release_ticket_question ON release_ticket(question);
CREATE INDEX release_ticket_deadline ON release_ticket(deadline_ms);
PRAGMA user_version = 1;
