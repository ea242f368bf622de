-- SPDX-License-Identifier: ISC
--
-- Which conversation a client's Idempotency-Key has opened, so that the same request sent again finds it and does not
-- open a second one. A key is kept for a day, and only a user's latest keys. It is removed with the conversation or the
-- member.

CREATE TABLE opening (
    workspace  TEXT NOT NULL,
    user       TEXT NOT NULL, -- who opened it: keys of different users have nothing to do with each other
    key        TEXT NOT NULL,
    dm         INTEGER NOT NULL,
    request    INTEGER NOT NULL, -- a hash of what was asked for: a key that comes with something else is an error
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace, user, key),
    FOREIGN KEY (workspace, dm) REFERENCES dm (workspace, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace, user) REFERENCES member (workspace, user) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX opening_dm ON opening (workspace, dm);
CREATE INDEX opening_created ON opening (created_ms);
