-- What was found, from its beginning to its end; `content` is the alert.
CREATE TABLE alert (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    resolved INTEGER,
    content TEXT NOT NULL
) STRICT;
CREATE INDEX alert_open ON alert (id) WHERE resolved IS NULL;
CREATE INDEX alert_owner ON alert (owner, id);

-- Items that were registered by API or console.
CREATE TABLE alert_item (
    name TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL
) STRICT;

CREATE TABLE silence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    until INTEGER NOT NULL,
    content TEXT NOT NULL
) STRICT;

-- Messages; those that wait are sent by the next server too.
CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT;
CREATE INDEX notice_waiting ON notice (id) WHERE state = 'waiting';
