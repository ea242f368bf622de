-- SPDX-License-Identifier: ISC
--
-- Who belongs where: version 1 of the database. What came later is in migrations/, one file a version, applied in order
-- on top of this one. Times are milliseconds since the epoch; ids are compared byte for byte.
--
-- A row that depends on another is removed with it (ON DELETE CASCADE), so that no orphans are left.

CREATE TABLE workspace (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    next_dm    INTEGER NOT NULL DEFAULT 1, -- the id of the next DM: ids are never given twice
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A person, as long as a membership or a token refers to them.
CREATE TABLE user (
    id         TEXT PRIMARY KEY,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    workspace  TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    user       TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    name       TEXT NOT NULL, -- what others read; the user's id if none was given
    role       TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX member_user ON member (user);

CREATE TABLE dm (
    workspace  TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    id         INTEGER NOT NULL,
    name       TEXT,
    pair       TEXT, -- of a 1:1: both user ids in order, each with its length before it; NULL for a group
    opener     TEXT, -- the user who opened it, whose cap it counts towards; NULL for an administrator's
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

-- If several requests open the same 1:1 at the same moment, only one row exists.
CREATE UNIQUE INDEX dm_pair ON dm (workspace, pair) WHERE pair IS NOT NULL;
CREATE INDEX dm_opener ON dm (workspace, opener) WHERE opener IS NOT NULL;

CREATE TABLE dm_participant (
    workspace TEXT NOT NULL,
    dm        INTEGER NOT NULL,
    user      TEXT NOT NULL,
    PRIMARY KEY (workspace, dm, user),
    FOREIGN KEY (workspace, dm) REFERENCES dm (workspace, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace, user) REFERENCES member (workspace, user) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX dm_participant_user ON dm_participant (workspace, user, dm);

-- Ids of tokens are never given twice (AUTOINCREMENT): a parked poll asks by id whether its token still exists.
CREATE TABLE token (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    hash         BLOB NOT NULL UNIQUE CHECK (length(hash) = 32), -- SHA-256 of the token; the token itself is not stored
    user         TEXT REFERENCES user (id) ON DELETE CASCADE,    -- NULL for an administrator's
    admin        INTEGER NOT NULL CHECK (admin = (user IS NULL)),
    label        TEXT NOT NULL,
    created_ms   INTEGER NOT NULL,
    expires_ms   INTEGER NOT NULL DEFAULT 0, -- 0: never
    last_used_ms INTEGER NOT NULL DEFAULT 0  -- to the hour or so; 0: never
) STRICT;

CREATE INDEX token_user ON token (user);

-- A 1:1 is removed with either of its participants, a group with the last one.
CREATE TRIGGER member_leaves_pairs BEFORE DELETE ON member BEGIN
    DELETE FROM dm WHERE workspace = OLD.workspace AND pair IS NOT NULL
        AND id IN (SELECT dm FROM dm_participant WHERE workspace = OLD.workspace AND user = OLD.user);
END;

CREATE TRIGGER dm_without_participants AFTER DELETE ON dm_participant BEGIN
    DELETE FROM dm WHERE workspace = OLD.workspace AND id = OLD.dm
        AND NOT EXISTS (SELECT 1 FROM dm_participant WHERE workspace = OLD.workspace AND dm = OLD.dm);
END;

CREATE TRIGGER user_without_member AFTER DELETE ON member BEGIN
    DELETE FROM user WHERE id = OLD.user
        AND NOT EXISTS (SELECT 1 FROM member WHERE user = OLD.user)
        AND NOT EXISTS (SELECT 1 FROM token WHERE user = OLD.user);
END;

CREATE TRIGGER user_without_token AFTER DELETE ON token WHEN OLD.user IS NOT NULL BEGIN
    DELETE FROM user WHERE id = OLD.user
        AND NOT EXISTS (SELECT 1 FROM member WHERE user = OLD.user)
        AND NOT EXISTS (SELECT 1 FROM token WHERE user = OLD.user);
END;
