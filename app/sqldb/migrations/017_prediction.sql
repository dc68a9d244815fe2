-- What measured changes promised when they were merged, and what was observed after them: lines as package prediction writes them.

CREATE TABLE predictions (
    installation {int} NOT NULL,
    repository   TEXT NOT NULL,  -- "host/owner/name"
    place        {int} NOT NULL, -- of the line among those of the repository, from 1
    line         {bytes} NOT NULL,
    PRIMARY KEY (installation, repository, place)
) {strict};
