CREATE TABLE delivery(
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  source      TEXT NOT NULL,
  state       INTEGER NOT NULL,
  begun_ms    INTEGER NOT NULL,
  imported_ms INTEGER,
  as_of_ms    INTEGER NOT NULL,
  rows        INTEGER NOT NULL DEFAULT 0,
  sha256      BLOB,
  columns     TEXT NOT NULL,
  operator    TEXT NOT NULL,
  salt        BLOB,
  proof       BLOB);
CREATE UNIQUE INDEX delivery_in_use ON delivery(source) WHERE state = 1;
CREATE TABLE sealed_row(
  delivery INTEGER NOT NULL,
  tag      BLOB NOT NULL,
  slot     INTEGER NOT NULL,
  content  BLOB NOT NULL,
  PRIMARY KEY (delivery, tag, slot)) WITHOUT ROWID;
PRAGMA user_version = 1;
