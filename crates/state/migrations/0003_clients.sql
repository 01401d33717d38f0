-- Clients registered by API or console; naru.yaml's are in the file.
CREATE TABLE client (
    name TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys that sign access tokens, private halves included: the folder is for its owner alone. `longest` is in microseconds.
CREATE TABLE signing_key (
    kid TEXT PRIMARY KEY,
    pkcs8 BLOB NOT NULL,
    from_at INTEGER NOT NULL,
    longest INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What may be renewed: one row a family, with the SHA-256 of its one refresh token that is good.
CREATE TABLE oauth_grant (
    family TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    scopes TEXT NOT NULL,
    current BLOB NOT NULL,
    made_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    access TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_grant_of_client ON oauth_grant (client, ends_at);

-- Access tokens taken back before their end.
CREATE TABLE revoked_token (
    jti TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_token_of_client ON revoked_token (client);

-- Assertions of RFC 7523 that were used: the SHA-256 of the client's name and `jti`.
CREATE TABLE used_assertion (
    hash BLOB PRIMARY KEY,
    client TEXT NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_assertion_of_client ON used_assertion (client);

-- What quotas have used. A period is a day (2026-11-21) or a month (2026-11).
CREATE TABLE quota (
    key TEXT NOT NULL,
    period TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (key, period)
) STRICT, WITHOUT ROWID;
