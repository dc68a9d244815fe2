-- What trials have come to. A line is one of a journal's as package trial/journal reads it, or one of our own for stored trials
-- of the base (package sqlledger). Keys are evidence keys or base keys, byte for byte.

CREATE TABLE journals (
    id           {id},
    installation {int} NOT NULL,
    repository   {int} NOT NULL,
    evidence     {bytes} NOT NULL,
    epoch        {int} NOT NULL, -- counts the processes that have had the journal; only the last one may append
    owner        TEXT NOT NULL,  -- of the lease, "" when nobody has it
    until        {int} NOT NULL, -- of the lease, in milliseconds by the database's clock
    lines        {int} NOT NULL, -- how many there are
    touched      {int} NOT NULL, -- when the last line was added
    UNIQUE (installation, repository, evidence)
) {strict};

CREATE INDEX journals_touched ON journals (touched);

CREATE TABLE journal_lines (
    journal {int} NOT NULL REFERENCES journals (id) ON DELETE CASCADE,
    place   {int} NOT NULL, -- in the journal, from 1
    line    {bytes} NOT NULL,
    PRIMARY KEY (journal, place)
) {strict};

CREATE TABLE base_lines (
    installation {int} NOT NULL,
    repository   {int} NOT NULL,
    base_key     {bytes} NOT NULL,
    place        {int} NOT NULL,
    at           {int} NOT NULL, -- when the trial began that is stored or dropped
    line         {bytes} NOT NULL,
    PRIMARY KEY (installation, repository, base_key, place)
) {strict};

CREATE INDEX base_lines_by_age ON base_lines (at);

CREATE TABLE tests (
    installation {int} NOT NULL,
    repository   {int} NOT NULL,
    evidence     {bytes} NOT NULL,
    at           {int} NOT NULL, -- when it was saved
    test         {bytes} NOT NULL,
    PRIMARY KEY (installation, repository, evidence)
) {strict};

CREATE INDEX tests_by_age ON tests (at);
