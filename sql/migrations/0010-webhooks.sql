-- SPDX-License-Identifier: ISC
--
-- Webhooks: where changes are sent. How far each has come is in Redis.

CREATE TABLE webhook (
    id                  TEXT PRIMARY KEY,
    url                 TEXT NOT NULL,
    workspace           TEXT REFERENCES workspace (id) ON DELETE CASCADE, -- NULL: all workspaces
    events              INTEGER NOT NULL CHECK (events BETWEEN 1 AND 31), -- status 1, message 2, dnd 4, member 8, dm 16
    delay_s             INTEGER NOT NULL CHECK (delay_s BETWEEN 0 AND 60),
    reveal              INTEGER NOT NULL CHECK (reveal IN (0, 1)),
    active              INTEGER NOT NULL CHECK (active IN (0, 1)),
    secret              TEXT NOT NULL, -- both sides need it, so it is stored as it is
    old_secret          TEXT,          -- the one before, which signs too until its end
    old_secret_until_ms INTEGER NOT NULL DEFAULT 0,
    created_ms          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_workspace ON webhook (workspace);

-- As 0005-shell.sql does for members and conversations: in any shell.
CREATE TRIGGER workspace_leaves_no_webhook AFTER DELETE ON workspace BEGIN
    DELETE FROM webhook WHERE workspace = OLD.id;
END;
