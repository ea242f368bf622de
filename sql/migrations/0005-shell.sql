-- SPDX-License-Identifier: ISC
--
-- An administrator's shell does not enforce foreign keys unless it is told to. Rows that depend on a row deleted there
-- would stay: members of a deleted workspace, a token of a deleted user. Triggers fire in any shell. They do what ON
-- DELETE CASCADE does elsewhere. If that has already run, they find nothing to do.

CREATE TRIGGER workspace_leaves_nothing AFTER DELETE ON workspace BEGIN
    DELETE FROM member WHERE workspace = OLD.id;
    DELETE FROM dm WHERE workspace = OLD.id;
END;

CREATE TRIGGER user_leaves_nothing AFTER DELETE ON user BEGIN
    DELETE FROM member WHERE user = OLD.id;
    DELETE FROM token WHERE user = OLD.id;
END;

CREATE TRIGGER member_leaves_nothing AFTER DELETE ON member BEGIN
    DELETE FROM dm_participant WHERE workspace = OLD.workspace AND user = OLD.user;
    DELETE FROM named WHERE workspace = OLD.workspace AND user = OLD.user;
    DELETE FROM opening WHERE workspace = OLD.workspace AND user = OLD.user;
END;

CREATE TRIGGER dm_leaves_nothing AFTER DELETE ON dm BEGIN
    DELETE FROM dm_participant WHERE workspace = OLD.workspace AND dm = OLD.id;
    DELETE FROM opening WHERE workspace = OLD.workspace AND dm = OLD.id;
END;

-- The user that a member or a token refers to is created if missing, so that adding one in a shell takes one statement.
CREATE TRIGGER member_has_a_user BEFORE INSERT ON member BEGIN
    INSERT INTO user (id, created_ms) VALUES (NEW.user, NEW.created_ms) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER token_has_a_user BEFORE INSERT ON token WHEN NEW.user IS NOT NULL BEGIN
    INSERT INTO user (id, created_ms) VALUES (NEW.user, NEW.created_ms) ON CONFLICT DO NOTHING;
END;

-- Everything else refers to ids, in Redis too. To change one, create a new row and remove the old one.
CREATE TRIGGER workspace_keeps_its_id BEFORE UPDATE OF id ON workspace WHEN NEW.id <> OLD.id BEGIN
    SELECT raise(ABORT, 'the id of a workspace cannot be changed: make another workspace');
END;

CREATE TRIGGER user_keeps_their_id BEFORE UPDATE OF id ON user WHEN NEW.id <> OLD.id BEGIN
    SELECT raise(ABORT, 'the id of a user cannot be changed: add another user');
END;
