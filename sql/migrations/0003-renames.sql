-- SPDX-License-Identifier: ISC
--
-- Of members whom a JWT admitted or named (jwt.provision): which one did, so that an older one does not do it again, and when
-- the name was last changed so, which is limited.

CREATE TABLE named (
    workspace  TEXT NOT NULL,
    user       TEXT NOT NULL,
    issued_ms  INTEGER NOT NULL, -- when the JWT was issued (iat); 0 where it did not say
    renamed_ms INTEGER NOT NULL, -- when its name took the place of another; 0: never
    PRIMARY KEY (workspace, user),
    FOREIGN KEY (workspace, user) REFERENCES member (workspace, user) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
