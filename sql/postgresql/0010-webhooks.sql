-- SPDX-License-Identifier: ISC

CREATE TABLE webhook (
    id                  text COLLATE "C" PRIMARY KEY,
    url                 text COLLATE "C" NOT NULL,
    workspace           text COLLATE "C" REFERENCES workspace (id) ON DELETE CASCADE DEFERRABLE,
    events              bigint NOT NULL CHECK (events BETWEEN 1 AND 31),
    delay_s             bigint NOT NULL CHECK (delay_s BETWEEN 0 AND 60),
    reveal              bigint NOT NULL CHECK (reveal IN (0, 1)),
    active              bigint NOT NULL CHECK (active IN (0, 1)),
    secret              text COLLATE "C" NOT NULL,
    old_secret          text COLLATE "C",
    old_secret_until_ms bigint NOT NULL DEFAULT 0,
    created_ms          bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint
);

CREATE INDEX webhook_workspace ON webhook (workspace);

CREATE TRIGGER a_in_turn BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON webhook
    FOR EACH STATEMENT EXECUTE FUNCTION write_in_turn();
CREATE TRIGGER a_log AFTER INSERT OR UPDATE OR DELETE ON webhook
    FOR EACH ROW EXECUTE FUNCTION write_log('id');
CREATE TRIGGER a_truncated AFTER TRUNCATE ON webhook
    FOR EACH STATEMENT EXECUTE FUNCTION begin_again();
