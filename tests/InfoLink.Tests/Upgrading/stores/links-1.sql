CREATE TABLE link(
  person      TEXT PRIMARY KEY,
  link_code   BLOB NOT NULL UNIQUE,
  state       INTEGER NOT NULL DEFAULT 0,
  withheld    INTEGER NOT NULL DEFAULT 0,
  manual_only INTEGER NOT NULL DEFAULT 0);
PRAGMA user_version = 0;
