-- SPDX-License-Identifier: ISC
--
-- For members that a JWT admitted or named (jwt.provision): when that JWT was issued, so that an older one changes
-- nothing, and when a JWT last changed the name, because such changes are limited.

CREATE TABLE named (
    workspace  TEXT NOT NULL,
    user       TEXT NOT NULL,
    issued_ms  INTEGER NOT NULL, -- when the JWT was issued (iat); 0 if it did not say
    renamed_ms INTEGER NOT NULL, -- when its name replaced another; 0: never
    PRIMARY KEY (workspace, user),
    FOREIGN KEY (workspace, user) REFERENCES member (workspace, user) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
