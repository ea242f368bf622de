-- SPDX-License-Identifier: ISC
--
-- The colons of a shortcode count too: 66 characters. And what a shell writes keeps to the limits of requests, as in
-- PostgreSQL. SQLite cannot change a CHECK, so the table is made again, without rows that do not keep to them.

CREATE TABLE layer_before AS SELECT * FROM layer;
DROP TABLE layer;

CREATE TABLE layer (
    workspace TEXT NOT NULL,
    user      TEXT NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('base', 'temporary', 'claim')),
    name      TEXT NOT NULL DEFAULT '', -- of a claim
    variant   TEXT NOT NULL DEFAULT 'plain' CHECK (variant IN ('plain', 'frozen', 'unseen', 'silenced')),
    show      TEXT CHECK (show IN ('auto', 'away', 'active', 'invisible')), -- NULL: says nothing, as in the next three
    dnd       INTEGER CHECK (dnd IN (0, 1)),
    text      TEXT CHECK (length(text) <= 100 -- empty: hides what layers below say
        AND text NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'),
    emoji     TEXT CHECK (length(emoji) <= 66 -- the same
        AND emoji NOT GLOB '*[' || char(1) || '-' || char(32) || char(127) || '-' || char(160) || ']*'),
    priority  INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 9), -- of a claim, 1 to 9
    present   INTEGER NOT NULL DEFAULT 0 CHECK (present IN (0, 1)), -- a claim that makes an offline user active
    set_ms    INTEGER NOT NULL CHECK (set_ms BETWEEN 0 AND 253402300799999),
    until_ms  INTEGER NOT NULL DEFAULT 0 CHECK (until_ms BETWEEN 0 AND 253402300799999), -- 0: no end
    PRIMARY KEY (workspace, user, kind, name, variant),
    CHECK (CASE kind WHEN 'claim' THEN length(name) BETWEEN 1 AND 32 AND name NOT GLOB '*[^a-z0-9_-]*'
           ELSE name = '' END),
    CHECK ((kind = 'base') = (until_ms = 0)),
    FOREIGN KEY (workspace, user) REFERENCES status (workspace, user) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A shell that does not enforce foreign keys may have left rows of nobody.
INSERT OR IGNORE INTO layer SELECT * FROM layer_before AS b
    WHERE EXISTS (SELECT 1 FROM status AS s WHERE s.workspace = b.workspace AND s.user = b.user);
DROP TABLE layer_before;

-- Under another name, by which a dump of this version differs from one of the version before.
DROP TRIGGER status_leaves_nothing;
CREATE TRIGGER status_leaves_no_layer AFTER DELETE ON status BEGIN
    DELETE FROM layer WHERE workspace = OLD.workspace AND user = OLD.user;
END;
