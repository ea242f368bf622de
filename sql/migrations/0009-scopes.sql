-- SPDX-License-Identifier: ISC
--
-- A token of a program that may do only some of what an administrator may, perhaps in one workspace only. Both are NULL
-- for a token that may do everything, and for a user's.

-- Names, separated by spaces: read, claims, notify, members. A token with a name that is not known is not accepted.
ALTER TABLE token ADD COLUMN scope TEXT CHECK (scope IS NULL OR (user IS NULL AND scope <> ''));

-- Not a reference: TRUNCATE workspace CASCADE in the record would remove all tokens with it.
ALTER TABLE token ADD COLUMN workspace TEXT CHECK (workspace IS NULL OR scope IS NOT NULL);

CREATE INDEX token_workspace ON token (workspace) WHERE workspace IS NOT NULL;

-- What is remembered of a token is not true any more.
CREATE TRIGGER token_scope_changed AFTER UPDATE OF scope, workspace ON token BEGIN
    UPDATE revision SET value = value + 1;
END;

-- Another workspace that gets the same id later is not this one.
CREATE TRIGGER workspace_leaves_no_token AFTER DELETE ON workspace BEGIN
    DELETE FROM token WHERE workspace = OLD.id;
END;
