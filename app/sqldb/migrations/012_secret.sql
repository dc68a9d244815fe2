-- What is sealed before it comes here (package app/secret), and what may be shown of it.

CREATE TABLE secrets (
    installation {int} NOT NULL, -- 0 for the App's own
    name         TEXT NOT NULL,
    sealed       {bytes} NOT NULL,
    fingerprint  TEXT NOT NULL,
    set_by       TEXT NOT NULL,
    at           {int} NOT NULL,
    PRIMARY KEY (installation, name)
) {strict};

CREATE TABLE sessions (
    hash    TEXT PRIMARY KEY, -- of what the browser has
    person  {int} NOT NULL,   -- GitHub's id
    login   TEXT NOT NULL,
    sealed  {bytes} NOT NULL,
    created {int} NOT NULL,
    used    {int} NOT NULL,
    expires {int} NOT NULL
) {strict};

CREATE INDEX sessions_of_person ON sessions (person);
CREATE INDEX sessions_by_end ON sessions (expires);
