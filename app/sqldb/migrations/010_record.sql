-- What the dashboard shows. Times are microseconds since 1970 in UTC; money is an exact decimal number, and NULL where it is not
-- known. Every table with a column "installation" is emptied of an installation that is removed (package tenant).

CREATE TABLE installations (
    id      {int} PRIMARY KEY,
    removed {int} -- when; GitHub gives the number to no other one
) {strict};

CREATE TABLE repositories (
    installation {int} NOT NULL,
    id           {int} NOT NULL,
    name         TEXT NOT NULL,
    PRIMARY KEY (installation, id)
) {strict};

CREATE TABLE reviews (
    id              TEXT PRIMARY KEY,
    installation    {int} NOT NULL,
    repository      {int} NOT NULL,
    repository_name TEXT NOT NULL, -- as it was; the table repositories has the one of now
    pull            {int} NOT NULL,
    head            TEXT NOT NULL,
    base            TEXT NOT NULL,
    kind            TEXT NOT NULL,
    asked_by        TEXT NOT NULL,
    delivery        TEXT NOT NULL,
    state           TEXT NOT NULL,
    started         {int} NOT NULL,
    ended           {int},
    title           TEXT NOT NULL,
    conclusion      TEXT NOT NULL,
    exit_status     {int} NOT NULL,
    spent           TEXT
) {strict};

CREATE INDEX reviews_of_installation ON reviews (installation, started, id);
CREATE INDEX reviews_of_repository ON reviews (installation, repository, started, id);
CREATE INDEX reviews_ended ON reviews (ended);

CREATE TABLE review_suites (
    review     TEXT NOT NULL REFERENCES reviews (id) ON DELETE CASCADE,
    place      {int} NOT NULL, -- in the review, from 0
    name       TEXT NOT NULL,
    result     TEXT NOT NULL,
    verdict    TEXT NOT NULL,
    ratio      {real},
    low        {real},
    high       {real},
    base_model TEXT NOT NULL,
    head_model TEXT NOT NULL,
    base_cost  TEXT,
    head_cost  TEXT,
    base_rate  {real},
    head_rate  {real},
    question   TEXT NOT NULL,
    evidence   TEXT NOT NULL,
    report     {bytes}, -- report.json, until it is pruned
    PRIMARY KEY (review, place)
) {strict};

CREATE INDEX review_suites_with_report ON review_suites (review) WHERE report IS NOT NULL;

CREATE TABLE acts (
    id              {id},
    installation    {int} NOT NULL, -- 0 for the App's own
    repository      {int} NOT NULL, -- 0 for what concerns a whole installation
    repository_name TEXT NOT NULL,
    pull            {int} NOT NULL,
    head            TEXT NOT NULL,
    at              {int} NOT NULL,
    actor           TEXT NOT NULL,
    verb            TEXT NOT NULL,
    reason          TEXT NOT NULL
) {strict};

CREATE INDEX acts_of_installation ON acts (installation, at, id);
