-- A service's count may be NULL: nobody said how many. SQLite can't drop a NOT NULL, so the table is made anew.
-- Source: https://sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes".
CREATE TABLE service_2 (
    name TEXT PRIMARY KEY,
    count INTEGER,
    removed INTEGER NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0,
    progress TEXT NOT NULL
) STRICT;
INSERT INTO service_2 SELECT name, count, removed, ended, progress FROM service;
DROP TABLE service;
ALTER TABLE service_2 RENAME TO service;

-- What a policy saw and wanted, as JSON.
ALTER TABLE event ADD COLUMN decision TEXT;
CREATE INDEX event_of_service ON event (service, id);

-- Tokens of operators: the SHA-256 of each, never the token.
CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
) STRICT;

-- Browsers that showed a token: the SHA-256 of the cookie and of that token.
CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    token BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    source TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome INTEGER NOT NULL,
    detail TEXT NOT NULL
) STRICT;
