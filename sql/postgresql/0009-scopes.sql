-- SPDX-License-Identifier: ISC
--
-- What SQLite has at version 9: tokens of programs that may do only some of what an administrator may.

ALTER TABLE token ADD COLUMN scope text COLLATE "C" CHECK (scope IS NULL OR ("user" IS NULL AND scope <> ''));
ALTER TABLE token ADD COLUMN workspace text COLLATE "C" CHECK (workspace IS NULL OR scope IS NOT NULL);

CREATE INDEX token_workspace ON token (workspace) WHERE workspace IS NOT NULL;

CREATE FUNCTION workspace_leaves_no_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM token WHERE workspace = OLD.id;
    RETURN NULL;
END $$;

CREATE FUNCTION workspaces_leave_no_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM token WHERE workspace IS NOT NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER workspace_leaves_no_token AFTER DELETE ON workspace
    FOR EACH ROW WHEN (NOT is_complete()) EXECUTE FUNCTION workspace_leaves_no_token();
CREATE TRIGGER workspaces_leave_no_token AFTER TRUNCATE ON workspace
    FOR EACH STATEMENT EXECUTE FUNCTION workspaces_leave_no_token();
