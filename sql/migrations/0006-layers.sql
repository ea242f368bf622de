-- SPDX-License-Identifier: ISC
--
-- What people say of themselves by hand, and what is claimed of them: layers, each with an end of its own. What others
-- see is computed from them (view/layers.h). Nothing is saved and put back.

-- What a workspace allows.
ALTER TABLE workspace ADD COLUMN invisible TEXT NOT NULL DEFAULT 'allowed' -- default: new members are invisible
    CHECK (invisible IN ('allowed', 'forbidden', 'default'));
ALTER TABLE workspace ADD COLUMN messages INTEGER NOT NULL DEFAULT 1 -- 0: nobody's message is shown
    CHECK (messages IN (0, 1));
ALTER TABLE workspace ADD COLUMN last_seen TEXT NOT NULL DEFAULT 'exact' -- how exactly others are told
    CHECK (last_seen IN ('exact', 'hour', 'day', 'hidden'));

-- A member who has ever said something. The row stays when all layers have ended, because its revision only grows.
CREATE TABLE status (
    workspace  TEXT NOT NULL,
    user       TEXT NOT NULL,
    rev        INTEGER NOT NULL, -- at least 32 more with each change, so that each end in between can have one of its own
    changed_ms INTEGER NOT NULL, -- when the layers last changed, by Redis's clock; those that had ended are gone
    last_seen  TEXT NOT NULL DEFAULT 'exact' CHECK (last_seen IN ('exact', 'hour', 'day', 'hidden')),
    PRIMARY KEY (workspace, user),
    FOREIGN KEY (workspace, user) REFERENCES member (workspace, user) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX status_rev ON status (rev);

CREATE TABLE layer (
    workspace TEXT NOT NULL,
    user      TEXT NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('base', 'temporary', 'claim')),
    name      TEXT NOT NULL DEFAULT '', -- of a claim
    variant   TEXT NOT NULL DEFAULT 'plain' CHECK (variant IN ('plain', 'frozen', 'unseen', 'silenced')),
    show      TEXT CHECK (show IN ('auto', 'away', 'active', 'invisible')), -- NULL: says nothing, as in the next three
    dnd       INTEGER CHECK (dnd IN (0, 1)),
    text      TEXT CHECK (length(text) <= 100), -- empty: hides what layers below say
    emoji     TEXT CHECK (length(emoji) <= 64), -- the same
    priority  INTEGER NOT NULL DEFAULT 0,       -- of a claim, 1 to 9
    present   INTEGER NOT NULL DEFAULT 0 CHECK (present IN (0, 1)), -- a claim that makes an offline user active
    set_ms    INTEGER NOT NULL,
    until_ms  INTEGER NOT NULL DEFAULT 0,       -- 0: no end
    PRIMARY KEY (workspace, user, kind, name, variant),
    FOREIGN KEY (workspace, user) REFERENCES status (workspace, user) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A shell that does not enforce foreign keys: see 0005.
CREATE TRIGGER member_leaves_no_status AFTER DELETE ON member BEGIN
    DELETE FROM status WHERE workspace = OLD.workspace AND user = OLD.user;
END;

CREATE TRIGGER status_leaves_nothing AFTER DELETE ON status BEGIN
    DELETE FROM layer WHERE workspace = OLD.workspace AND user = OLD.user;
END;

-- However a member is added (by a request, an import, a JWT, a shell), it begins invisible if the workspace says so.
CREATE TRIGGER member_begins_invisible AFTER INSERT ON member
WHEN (SELECT invisible FROM workspace WHERE id = NEW.workspace) = 'default' BEGIN
    INSERT INTO status (workspace, user, rev, changed_ms)
        VALUES (NEW.workspace, NEW.user, CAST(strftime('%s', 'now') AS INTEGER), NEW.created_ms) ON CONFLICT DO NOTHING;
    INSERT INTO layer (workspace, user, kind, show, set_ms)
        VALUES (NEW.workspace, NEW.user, 'base', 'invisible', NEW.created_ms) ON CONFLICT DO NOTHING;
END;

-- What others see of everyone changes with these two, so everyone's revision grows.
CREATE TRIGGER policy_changes_statuses AFTER UPDATE OF invisible, messages ON workspace
WHEN (OLD.invisible = 'forbidden') <> (NEW.invisible = 'forbidden') OR OLD.messages <> NEW.messages BEGIN
    UPDATE status SET rev = max(rev + 32, CAST(strftime('%s', 'now') AS INTEGER)) WHERE workspace = NEW.id;
END;
