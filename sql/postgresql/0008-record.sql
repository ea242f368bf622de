-- SPDX-License-Identifier: ISC
--
-- The record: what SQLite has at version 8 (../schema.sql, ../migrations/), for PostgreSQL 13 and later. Later versions
-- are a file here and one of the same number there.
--
-- Every statement that writes takes one lock until its transaction ends, and every row that it changes goes to the log.
-- So the ids of the log are in the order of the commits, and who has read up to one of them has missed none before it.

CREATE TABLE record (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one), -- one row
    id         uuid NOT NULL DEFAULT gen_random_uuid(),      -- give it another one, and all copies are made again
    version    bigint NOT NULL,
    last_token bigint NOT NULL DEFAULT 0                     -- ids of tokens are never given twice
);

INSERT INTO record (version) VALUES (8);

CREATE TABLE log (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tag    uuid NOT NULL DEFAULT gen_random_uuid(),        -- a restored record gives the same id another tag
    at     timestamptz NOT NULL DEFAULT now(),
    origin text DEFAULT current_setting('rollcall.origin', true), -- the copy that wrote it; NULL or '': another program
    tbl    text NOT NULL,
    op     text NOT NULL, -- put, del
    row    json NOT NULL  -- as it is now, or as it was
);

-- Where a copy of an empty record begins.
INSERT INTO log (tbl, op, row) VALUES ('record', 'put', '{}');

CREATE TABLE workspace (
    id         text COLLATE "C" PRIMARY KEY,
    name       text COLLATE "C" NOT NULL,
    next_dm    bigint NOT NULL DEFAULT 1,
    created_ms bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint,
    invisible  text COLLATE "C" NOT NULL DEFAULT 'allowed' CHECK (invisible IN ('allowed', 'forbidden', 'default')),
    messages   bigint NOT NULL DEFAULT 1 CHECK (messages IN (0, 1)),
    last_seen  text COLLATE "C" NOT NULL DEFAULT 'exact' CHECK (last_seen IN ('exact', 'hour', 'day', 'hidden'))
);

CREATE TABLE "user" (
    id         text COLLATE "C" PRIMARY KEY,
    created_ms bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint
);

CREATE TABLE member (
    workspace  text COLLATE "C" NOT NULL REFERENCES workspace (id) ON DELETE CASCADE DEFERRABLE,
    "user"     text COLLATE "C" NOT NULL REFERENCES "user" (id) ON DELETE CASCADE DEFERRABLE,
    name       text COLLATE "C" NOT NULL,
    role       text COLLATE "C" NOT NULL,
    created_ms bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint,
    PRIMARY KEY (workspace, "user")
);

CREATE INDEX member_user ON member ("user");

CREATE TABLE dm (
    workspace  text COLLATE "C" NOT NULL REFERENCES workspace (id) ON DELETE CASCADE DEFERRABLE,
    id         bigint NOT NULL,
    name       text COLLATE "C",
    pair       text COLLATE "C",
    opener     text COLLATE "C",
    created_ms bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint,
    PRIMARY KEY (workspace, id)
);

CREATE UNIQUE INDEX dm_pair ON dm (workspace, pair) WHERE pair IS NOT NULL;
CREATE INDEX dm_opener ON dm (workspace, opener) WHERE opener IS NOT NULL;

CREATE TABLE dm_participant (
    workspace text COLLATE "C" NOT NULL,
    dm        bigint NOT NULL,
    "user"    text COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace, dm, "user"),
    FOREIGN KEY (workspace, dm) REFERENCES dm (workspace, id) ON DELETE CASCADE DEFERRABLE,
    FOREIGN KEY (workspace, "user") REFERENCES member (workspace, "user") ON DELETE CASCADE DEFERRABLE
);

CREATE INDEX dm_participant_user ON dm_participant (workspace, "user", dm);

CREATE TABLE token (
    id           bigint PRIMARY KEY,
    hash         bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    "user"       text COLLATE "C" REFERENCES "user" (id) ON DELETE CASCADE DEFERRABLE,
    admin        bigint NOT NULL CHECK (admin = ("user" IS NULL)::int),
    label        text COLLATE "C" NOT NULL,
    created_ms   bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint,
    expires_ms   bigint NOT NULL DEFAULT 0,
    last_used_ms bigint NOT NULL DEFAULT 0
);

CREATE INDEX token_user ON token ("user");

CREATE TABLE named (
    workspace  text COLLATE "C" NOT NULL,
    "user"     text COLLATE "C" NOT NULL,
    issued_ms  bigint NOT NULL,
    renamed_ms bigint NOT NULL,
    PRIMARY KEY (workspace, "user"),
    FOREIGN KEY (workspace, "user") REFERENCES member (workspace, "user") ON DELETE CASCADE DEFERRABLE
);

CREATE TABLE opening (
    workspace  text COLLATE "C" NOT NULL,
    "user"     text COLLATE "C" NOT NULL,
    key        text COLLATE "C" NOT NULL,
    dm         bigint NOT NULL,
    request    bigint NOT NULL,
    created_ms bigint NOT NULL,
    PRIMARY KEY (workspace, "user", key),
    FOREIGN KEY (workspace, dm) REFERENCES dm (workspace, id) ON DELETE CASCADE DEFERRABLE,
    FOREIGN KEY (workspace, "user") REFERENCES member (workspace, "user") ON DELETE CASCADE DEFERRABLE
);

CREATE INDEX opening_dm ON opening (workspace, dm);
CREATE INDEX opening_created ON opening (created_ms);

CREATE TABLE status (
    workspace  text COLLATE "C" NOT NULL,
    "user"     text COLLATE "C" NOT NULL,
    rev        bigint NOT NULL,
    changed_ms bigint NOT NULL,
    last_seen  text COLLATE "C" NOT NULL DEFAULT 'exact' CHECK (last_seen IN ('exact', 'hour', 'day', 'hidden')),
    typing     bigint NOT NULL DEFAULT 1 CHECK (typing IN (0, 1)),
    PRIMARY KEY (workspace, "user"),
    FOREIGN KEY (workspace, "user") REFERENCES member (workspace, "user") ON DELETE CASCADE DEFERRABLE
);

CREATE TABLE layer (
    workspace text COLLATE "C" NOT NULL,
    "user"    text COLLATE "C" NOT NULL,
    kind      text COLLATE "C" NOT NULL CHECK (kind IN ('base', 'temporary', 'claim')),
    name      text COLLATE "C" NOT NULL DEFAULT '',
    variant   text COLLATE "C" NOT NULL DEFAULT 'plain' CHECK (variant IN ('plain', 'frozen', 'unseen', 'silenced')),
    show      text COLLATE "C" CHECK (show IN ('auto', 'away', 'active', 'invisible')),
    dnd       bigint CHECK (dnd IN (0, 1)),
    text      text COLLATE "C" CHECK (length(text) <= 100),
    emoji     text COLLATE "C" CHECK (length(emoji) <= 64),
    priority  bigint NOT NULL DEFAULT 0,
    present   bigint NOT NULL DEFAULT 0 CHECK (present IN (0, 1)),
    set_ms    bigint NOT NULL,
    until_ms  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, "user", kind, name, variant),
    FOREIGN KEY (workspace, "user") REFERENCES status (workspace, "user") ON DELETE CASCADE DEFERRABLE
);

-- ---- the lock and the log ----

-- 5495000 is ours. A lock of its own, and not of a table, needs no more rights than writing does.
CREATE FUNCTION write_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(5495000);
    RETURN NULL;
END $$;

-- Its arguments are the columns of the key. A row whose key was changed is another row.
CREATE FUNCTION write_log() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO log (tbl, op, row) VALUES (TG_TABLE_NAME, 'del', to_json(OLD));
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        FOREACH part IN ARRAY TG_ARGV LOOP
            IF to_jsonb(OLD) -> part <> to_jsonb(NEW) -> part THEN
                INSERT INTO log (tbl, op, row) VALUES (TG_TABLE_NAME, 'del', to_json(OLD));
                EXIT;
            END IF;
        END LOOP;
    END IF;
    INSERT INTO log (tbl, op, row) VALUES (TG_TABLE_NAME, 'put', to_json(NEW));
    RETURN NULL;
END $$;

-- TRUNCATE tells no rows: all copies are made again.
CREATE FUNCTION begin_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE record SET id = gen_random_uuid();
    NOTIFY rollcall;
    RETURN NULL;
END $$;

CREATE FUNCTION tell_copies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY rollcall;
    RETURN NULL;
END $$;

CREATE TRIGGER tells_copies AFTER INSERT ON log FOR EACH STATEMENT EXECUTE FUNCTION tell_copies();
CREATE TRIGGER tells_copies AFTER UPDATE OF id ON record FOR EACH STATEMENT EXECUTE FUNCTION tell_copies();

DO $$
DECLARE
    keys CONSTANT jsonb := '{"workspace": ["id"], "user": ["id"], "member": ["workspace", "user"], "dm": ["workspace", "id"],
        "dm_participant": ["workspace", "dm", "user"], "token": ["id"], "named": ["workspace", "user"],
        "opening": ["workspace", "user", "key"], "status": ["workspace", "user"],
        "layer": ["workspace", "user", "kind", "name", "variant"]}';
    name text;
    args text;
BEGIN
    FOR name IN SELECT jsonb_object_keys(keys) LOOP
        SELECT string_agg(quote_literal(part), ', ') INTO args FROM jsonb_array_elements_text(keys -> name) AS part;
        EXECUTE format('CREATE TRIGGER a_in_turn BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION write_in_turn()', name);
        EXECUTE format('CREATE TRIGGER a_log AFTER INSERT OR UPDATE OR DELETE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION write_log(%s)', name, args);
        EXECUTE format('CREATE TRIGGER a_truncated AFTER TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION begin_again()', name);
    END LOOP;
END $$;

-- ---- what SQLite's triggers do, for programs other than rollcalld ----
--
-- rollcalld sends what its own triggers have done, and sets rollcall.complete to say so.

CREATE FUNCTION is_complete() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('rollcall.complete', true), '') = 'on'
$$;

CREATE FUNCTION member_leaves_pairs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM dm WHERE workspace = OLD.workspace AND pair IS NOT NULL
        AND id IN (SELECT p.dm FROM dm_participant AS p WHERE p.workspace = OLD.workspace AND p."user" = OLD."user");
    RETURN OLD;
END $$;

CREATE FUNCTION dm_without_participants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM dm WHERE workspace = OLD.workspace AND id = OLD.dm
        AND NOT EXISTS (SELECT 1 FROM dm_participant AS p WHERE p.workspace = OLD.workspace AND p.dm = OLD.dm);
    RETURN NULL;
END $$;

CREATE FUNCTION user_without_any() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM "user" WHERE id = OLD."user"
        AND NOT EXISTS (SELECT 1 FROM member AS m WHERE m."user" = OLD."user")
        AND NOT EXISTS (SELECT 1 FROM token AS t WHERE t."user" = OLD."user");
    RETURN NULL;
END $$;

CREATE FUNCTION has_a_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "user" (id, created_ms) VALUES (NEW."user", NEW.created_ms) ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;

CREATE FUNCTION keeps_its_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the id of a % cannot be changed: add another one', TG_TABLE_NAME;
END $$;

CREATE FUNCTION member_begins_invisible() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT invisible FROM workspace WHERE id = NEW.workspace) = 'default' THEN
        INSERT INTO status (workspace, "user", rev, changed_ms)
            VALUES (NEW.workspace, NEW."user", extract(epoch FROM now())::bigint, NEW.created_ms) ON CONFLICT DO NOTHING;
        INSERT INTO layer (workspace, "user", kind, show, set_ms)
            VALUES (NEW.workspace, NEW."user", 'base', 'invisible', NEW.created_ms) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION policy_changes_statuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE status SET rev = greatest(rev + 32, extract(epoch FROM now())::bigint) WHERE workspace = NEW.id;
    RETURN NULL;
END $$;

-- Redis takes only what has a higher rev, and a schedule begins at changed_ms.
CREATE FUNCTION status_is_newer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.rev := greatest(NEW.rev, extract(epoch FROM clock_timestamp())::bigint);
    IF TG_OP = 'UPDATE' THEN
        NEW.rev := greatest(NEW.rev, OLD.rev + 32);
    END IF;
    NEW.changed_ms := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
    RETURN NEW;
END $$;

-- The row stays while there is a member, since Redis has to hear that they say nothing any more.
CREATE FUNCTION status_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM member AS m WHERE m.workspace = OLD.workspace AND m."user" = OLD."user") THEN
        RETURN OLD;
    END IF;
    DELETE FROM layer WHERE workspace = OLD.workspace AND "user" = OLD."user";
    UPDATE status SET last_seen = 'exact', typing = 1 WHERE workspace = OLD.workspace AND "user" = OLD."user";
    RETURN NULL;
END $$;

CREATE FUNCTION layer_has_a_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO status (workspace, "user", rev, changed_ms) VALUES (NEW.workspace, NEW."user", 0, 0)
        ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;

CREATE FUNCTION layer_changes_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE status SET rev = rev WHERE workspace = OLD.workspace AND "user" = OLD."user";
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE status SET rev = rev WHERE workspace = NEW.workspace AND "user" = NEW."user";
    END IF;
    RETURN NULL;
END $$;

-- The lock was taken before the row came, so no other transaction gives the same id.
CREATE FUNCTION token_has_an_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id IS NULL THEN
        SELECT last_token + 1 INTO NEW.id FROM record;
    END IF;
    UPDATE record SET last_token = greatest(last_token, NEW.id);
    RETURN NEW;
END $$;

CREATE TRIGGER token_has_an_id BEFORE INSERT ON token FOR EACH ROW EXECUTE FUNCTION token_has_an_id();

CREATE TRIGGER member_leaves_pairs BEFORE DELETE ON member
    FOR EACH ROW WHEN (NOT is_complete()) EXECUTE FUNCTION member_leaves_pairs();
CREATE TRIGGER dm_without_participants AFTER DELETE ON dm_participant
    FOR EACH ROW WHEN (NOT is_complete()) EXECUTE FUNCTION dm_without_participants();
CREATE TRIGGER user_without_member AFTER DELETE ON member
    FOR EACH ROW WHEN (NOT is_complete()) EXECUTE FUNCTION user_without_any();
CREATE TRIGGER user_without_token AFTER DELETE ON token
    FOR EACH ROW WHEN (NOT is_complete() AND OLD."user" IS NOT NULL) EXECUTE FUNCTION user_without_any();
CREATE TRIGGER member_has_a_user BEFORE INSERT ON member
    FOR EACH ROW WHEN (NOT is_complete()) EXECUTE FUNCTION has_a_user();
CREATE TRIGGER token_has_a_user BEFORE INSERT ON token
    FOR EACH ROW WHEN (NOT is_complete() AND NEW."user" IS NOT NULL) EXECUTE FUNCTION has_a_user();
CREATE TRIGGER workspace_keeps_its_id BEFORE UPDATE OF id ON workspace
    FOR EACH ROW WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION keeps_its_id();
CREATE TRIGGER user_keeps_their_id BEFORE UPDATE OF id ON "user"
    FOR EACH ROW WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION keeps_its_id();
CREATE TRIGGER member_begins_invisible AFTER INSERT ON member
    FOR EACH ROW WHEN (NOT is_complete()) EXECUTE FUNCTION member_begins_invisible();
CREATE TRIGGER policy_changes_statuses AFTER UPDATE OF invisible, messages ON workspace
    FOR EACH ROW WHEN (NOT is_complete() AND
        ((OLD.invisible = 'forbidden') <> (NEW.invisible = 'forbidden') OR OLD.messages <> NEW.messages))
    EXECUTE FUNCTION policy_changes_statuses();
CREATE TRIGGER status_is_newer BEFORE INSERT OR UPDATE ON status
    FOR EACH ROW WHEN (NOT is_complete()) EXECUTE FUNCTION status_is_newer();
CREATE TRIGGER status_stays BEFORE DELETE ON status
    FOR EACH ROW WHEN (NOT is_complete()) EXECUTE FUNCTION status_stays();
CREATE TRIGGER layer_has_a_status BEFORE INSERT ON layer
    FOR EACH ROW WHEN (NOT is_complete()) EXECUTE FUNCTION layer_has_a_status();
CREATE TRIGGER layer_changes_status AFTER INSERT OR UPDATE OR DELETE ON layer
    FOR EACH ROW WHEN (NOT is_complete()) EXECUTE FUNCTION layer_changes_status();
