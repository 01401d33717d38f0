-- A job's standing: small, because it is written at each attempt. What it carries is beside.
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    route TEXT NOT NULL,
    -- '': nobody who was recognised.
    caller TEXT NOT NULL,
    idempotency TEXT,
    fingerprint BLOB,
    -- Of a message: where it came from.
    origin TEXT,
    -- queued, running, done, failed, dead, cancelled
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    -- All times are microseconds since 1970.
    submitted INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    due INTEGER NOT NULL,
    ended INTEGER,
    -- When it is forgotten; NULL: not by itself.
    keep_until INTEGER,
    why TEXT,
    callback TEXT,
    -- NULL: none is owed; else waiting, delivered, failed
    callback_state TEXT,
    callback_tries INTEGER NOT NULL DEFAULT 0,
    callback_due INTEGER,
    callback_why TEXT
) STRICT;
CREATE UNIQUE INDEX jobs_by_key ON jobs (route, caller, idempotency) WHERE idempotency IS NOT NULL;
CREATE INDEX jobs_to_do ON jobs (seq) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_dead ON jobs (seq) WHERE state = 'dead';
CREATE INDEX jobs_kept ON jobs (keep_until) WHERE keep_until IS NOT NULL;
CREATE INDEX jobs_callbacks ON jobs (seq) WHERE callback_state = 'waiting';

-- Until the job has its result; a dead letter keeps it.
CREATE TABLE requests (
    seq INTEGER PRIMARY KEY REFERENCES jobs (seq) ON DELETE CASCADE,
    method TEXT NOT NULL,
    host TEXT NOT NULL,
    target TEXT NOT NULL,
    headers BLOB NOT NULL,
    size INTEGER NOT NULL,
    -- NULL: in a file of the job's id.
    body BLOB
) STRICT;

CREATE TABLE results (
    seq INTEGER PRIMARY KEY REFERENCES jobs (seq) ON DELETE CASCADE,
    status INTEGER NOT NULL,
    headers BLOB NOT NULL,
    size INTEGER NOT NULL,
    body BLOB
) STRICT;

-- How many ended how, so that figures need not count a million rows.
CREATE TABLE ended (
    route TEXT NOT NULL,
    state TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    PRIMARY KEY (route, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ended_at_once AFTER INSERT ON jobs WHEN new.ended IS NOT NULL BEGIN
    INSERT INTO ended VALUES (new.route, new.state, 1) ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER ended_now AFTER UPDATE OF ended ON jobs WHEN new.ended IS NOT NULL AND old.ended IS NULL BEGIN
    INSERT INTO ended VALUES (new.route, new.state, 1) ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER ended_no_more AFTER UPDATE OF ended ON jobs WHEN new.ended IS NULL AND old.ended IS NOT NULL BEGIN
    UPDATE ended SET jobs = jobs - 1 WHERE route = old.route AND state = old.state;
END;
CREATE TRIGGER ended_and_forgotten AFTER DELETE ON jobs WHEN old.ended IS NOT NULL BEGIN
    UPDATE ended SET jobs = jobs - 1 WHERE route = old.route AND state = old.state;
END;
