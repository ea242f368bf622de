-- SPDX-License-Identifier: ISC
--
-- The database counts what is removed from it, by any program. A worker that remembers a token or a membership checks
-- here whether that is still valid. Additions need no count, because workers remember nothing about what does not
-- exist.

CREATE TABLE revision (
    id    INTEGER PRIMARY KEY CHECK (id = 1), -- one row
    value INTEGER NOT NULL
) STRICT;

INSERT INTO revision (id, value) VALUES (1, 0);

CREATE TRIGGER token_removed AFTER DELETE ON token BEGIN
    UPDATE revision SET value = value + 1;
END;

CREATE TRIGGER token_changed AFTER UPDATE OF id, hash, user, admin, expires_ms ON token BEGIN
    UPDATE revision SET value = value + 1;
END;

CREATE TRIGGER member_removed AFTER DELETE ON member BEGIN
    UPDATE revision SET value = value + 1;
END;

CREATE TRIGGER member_changed AFTER UPDATE OF workspace, user ON member BEGIN
    UPDATE revision SET value = value + 1;
END;

CREATE TRIGGER workspace_removed AFTER DELETE ON workspace BEGIN
    UPDATE revision SET value = value + 1;
END;
