-- SPDX-License-Identifier: ISC
--
-- The rev of a status is not below the time in ms: see the migration of SQLite.

CREATE OR REPLACE FUNCTION member_begins_invisible() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT invisible FROM workspace WHERE id = NEW.workspace) = 'default' THEN
        INSERT INTO status (workspace, "user", rev, changed_ms)
            VALUES (NEW.workspace, NEW."user", (extract(epoch FROM now()) * 1000)::bigint, NEW.created_ms)
            ON CONFLICT DO NOTHING;
        INSERT INTO layer (workspace, "user", kind, show, set_ms)
            VALUES (NEW.workspace, NEW."user", 'base', 'invisible', NEW.created_ms) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION policy_changes_statuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE status SET rev = greatest(rev + 32, (extract(epoch FROM now()) * 1000)::bigint) WHERE workspace = NEW.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION status_is_newer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.rev := greatest(NEW.rev, (extract(epoch FROM clock_timestamp()) * 1000)::bigint);
    IF TG_OP = 'UPDATE' THEN
        NEW.rev := greatest(NEW.rev, OLD.rev + 32);
    END IF;
    NEW.changed_ms := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
    RETURN NEW;
END $$;
