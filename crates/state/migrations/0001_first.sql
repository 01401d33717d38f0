-- Points in time are microseconds since 1970-01-01T00:00:00Z. JSON is what naru-model writes.

-- The text of the naru.yaml last applied.
CREATE TABLE platform (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    text TEXT NOT NULL
) STRICT;

-- A service that has ended stays as a row: an instance's number is never given again.
CREATE TABLE service (
    name TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0,
    progress TEXT NOT NULL
) STRICT;

CREATE TABLE revision (
    service TEXT NOT NULL,
    number INTEGER NOT NULL,
    spec TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (service, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE instance (
    service TEXT NOT NULL,
    revision INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    phase TEXT NOT NULL,
    since INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    PRIMARY KEY (service, revision, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    service TEXT,
    instance TEXT,
    message TEXT NOT NULL,
    actor TEXT NOT NULL
) STRICT;

-- Numbers that stand for names in records, dense from 1 within a kind.
CREATE TABLE name (
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (kind, number),
    UNIQUE (kind, name)
) STRICT, WITHOUT ROWID;

-- Table versions below this one may have been used.
CREATE TABLE table_version (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    reserved INTEGER NOT NULL
) STRICT;

INSERT INTO table_version VALUES (1, 1);
