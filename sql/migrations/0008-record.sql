-- SPDX-License-Identifier: ISC
--
-- If PostgreSQL holds the record (the option record), this database is a copy of it. This is how far it has followed.

CREATE TABLE copy (
    id       INTEGER PRIMARY KEY CHECK (id = 1), -- one row, or none: this database is no copy
    record   TEXT NOT NULL,    -- the id of the record
    position INTEGER NOT NULL, -- the latest row of its log that is in here
    tag      TEXT NOT NULL     -- the tag of that row, by which a restored record is recognised
) STRICT;
