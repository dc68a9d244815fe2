-- What agents consumed, an entry of the ledger each, and who may send such entries.

CREATE TABLE entries (
    installation {int} NOT NULL,
    id           TEXT NOT NULL,  -- of the entry: 32 hexadecimal digits
    hour         {int} NOT NULL, -- of the entry, in microseconds
    session      TEXT NOT NULL,  -- of the entry: 32 hexadecimal digits or ""
    repository   TEXT NOT NULL,  -- of the entry: "host/owner/name" or ""
    line         {bytes} NOT NULL, -- the entry as package spend writes it
    PRIMARY KEY (installation, id)
) {strict};

CREATE INDEX entries_in_order ON entries (installation, hour, session {bytewise}, id {bytewise});
CREATE INDEX entries_by_age ON entries (hour);

CREATE TABLE senders (
    hash         TEXT NOT NULL PRIMARY KEY, -- of the token: SHA-256, hexadecimal
    installation {int} NOT NULL,
    name         TEXT NOT NULL,
    login        TEXT NOT NULL, -- who made it
    created      {int} NOT NULL,
    used         {int} NOT NULL DEFAULT 0, -- about when it was shown last; 0 for never
    UNIQUE (installation, name)
) {strict};
