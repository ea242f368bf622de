-- SPDX-License-Identifier: ISC
--
-- The rev of a status is not below the time in ms, where it was in seconds: many changes within a short time made it
-- run ahead of that, and a member who was removed then and added again began below. A rev that was written before is
-- below anyhow, and stays until the next change.

DROP TRIGGER member_begins_invisible;
CREATE TRIGGER member_begins_invisible AFTER INSERT ON member
WHEN (SELECT invisible FROM workspace WHERE id = NEW.workspace) = 'default' BEGIN
    INSERT INTO status (workspace, user, rev, changed_ms)
        VALUES (NEW.workspace, NEW.user, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), NEW.created_ms)
        ON CONFLICT DO NOTHING;
    INSERT INTO layer (workspace, user, kind, show, set_ms)
        VALUES (NEW.workspace, NEW.user, 'base', 'invisible', NEW.created_ms) ON CONFLICT DO NOTHING;
END;

DROP TRIGGER policy_changes_statuses;
CREATE TRIGGER policy_changes_statuses AFTER UPDATE OF invisible, messages ON workspace
WHEN (OLD.invisible = 'forbidden') <> (NEW.invisible = 'forbidden') OR OLD.messages <> NEW.messages BEGIN
    UPDATE status SET rev = max(rev + 32, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))
        WHERE workspace = NEW.id;
END;
