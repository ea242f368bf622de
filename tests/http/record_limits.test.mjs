// SPDX-License-Identifier: ISC
// What the schemas of both engines admit and keep, also after an update from the former one.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Gate, startPostgres } from '../lib/postgres.mjs';
import { newRecord, recordRows, same, sqlite } from '../lib/record.mjs';
import { withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const times = { ttl: 60, heartbeat: 30, wait: 20, gap: 10 };

let postgres;
before(async () => (postgres = await startPostgres()));
after(() => postgres.close());

/** The steps of an engine up to VERSION, as SQL. */
function schemaOf(engine, version) {
  const root = new URL('../../sql/', import.meta.url);
  const read = path => readFileSync(new URL(path, root), 'utf8');
  const steps = readdirSync(new URL(`${engine}/`, root)).filter(name => /^\d{4}-.*\.sql$/.test(name) && Number(name.slice(0, 4)) <= version);
  return [...(engine === 'migrations' ? ['schema.sql'] : []), ...steps.sort().map(name => `${engine}/${name}`)].map(read).join('\n');
}

const shortcode = letters => `:${'a'.repeat(letters)}:`;

/** What U0 says with the longest shortcodes comes about, and nothing longer. */
async function shortcodesFit(u0) {
  for (const letters of [1, 62, 63, 64]) {
    assert.equal((await u0.ask('PUT', 'me/status', { body: { emoji: shortcode(letters) } })).status, 200, `${letters} letters`);
    assert.equal((await u0.ask('GET', 'me/status')).body.emoji, shortcode(letters));
  }
  assert.equal((await u0.ask('PUT', 'me/status', { body: { emoji: shortcode(65) } })).status, 400);
}

describe('a shortcode of 64 letters', { concurrency: 2 }, () => {
  it('is kept without a record', () =>
    withStack({ workers: 1, conf: times }, async stack => shortcodesFit((await stack.room(1))[0])));

  it('is kept with one', () => {
    const record = newRecord(postgres);
    return withStack({ workers: 1, conf: { ...times, record: record.url } }, async stack => {
      await shortcodesFit((await stack.room(1))[0]);
      await same(stack, record);
    });
  });

  it('is kept after an update of SQLite from the former schema, with what was there', () =>
    withStack({
      workers: 1,
      conf: times,
      beforeStart: stack =>
        sqlite(stack.path('rollcall.db'), `SELECT 1; ${schemaOf('migrations', 11)} PRAGMA user_version = 11; PRAGMA foreign_keys = OFF;
          INSERT INTO workspace (id, name, created_ms) VALUES ('old', 'Old', 1); INSERT INTO user VALUES ('u0', 1); INSERT INTO member VALUES ('old', 'u0', 'U', 'member', 1);
          INSERT INTO status (workspace, user, rev, changed_ms) VALUES ('old', 'u0', 1, 1);
          INSERT INTO layer (workspace, user, kind, show, text, emoji, set_ms) VALUES ('old', 'u0', 'base', 'away', 'kept', ':x:', 1), ('old', 'nobody', 'base', NULL, 'left', NULL, 1), ('old', 'u0', 'temporary', NULL, 'endless', NULL, 1)`),
    }, async stack => {
      const path = stack.path('rollcall.db');
      const layers = () => JSON.parse(sqlite(path, 'SELECT user, kind, show, text, emoji, set_ms, until_ms FROM layer'));
      assert.deepEqual(layers(), [{ user: 'u0', kind: 'base', show: 'away', text: 'kept', emoji: ':x:', set_ms: 1, until_ms: 0 }]);
      stack.tokens.set('u0', await stack.newToken({ user: 'u0' }));
      await shortcodesFit(stack.as('u0', 'old'));
      sqlite(path, 'PRAGMA foreign_keys = OFF; DELETE FROM status');
      assert.deepEqual(JSON.parse(sqlite(path, 'SELECT * FROM layer') || '[]'), []);
    }));

  it('is kept after an update of the record from the former schema, and what breaks the limits is gone', () => {
    const record = newRecord(postgres);
    const layer = (user, columns, values) =>
      `INSERT INTO layer (workspace, "user", set_ms, ${columns}) VALUES ('old', '${user}', 1, ${values});`;
    record.sql(`${schemaOf('postgresql', 11)} UPDATE record SET version = 11; INSERT INTO workspace (id, name) VALUES ('old', 'Old');
      INSERT INTO member (workspace, "user", name, role) SELECT 'old', 'u' || i, 'U', 'member' FROM generate_series(0, 3) AS i;
      ${layer('u0', 'kind, text, emoji', `'base', 'kept', ':x:'`)} ${layer('u1', 'kind, text', `'base', E'two\\nlines'`)}
      ${layer('u2', 'kind, text', `'temporary', 'endless'`)} ${layer('u3', 'kind, name, priority, until_ms', `'claim', 'call', 9, 4102444800000`)}`);
    return withStack({ workers: 1, conf: { ...times, record: record.url } }, async stack => {
      assert.deepEqual(recordRows(record, 'layer').map(({ user }) => user).sort(), ['u0', 'u3']);
      await same(stack, record);
      stack.tokens.set('u0', await stack.newToken({ user: 'u0' }));
      assert.equal((await stack.as('u0', 'old').ask('GET', 'me/status')).body.text, 'kept');
      await shortcodesFit(stack.as('u0', 'old'));
      await same(stack, record);
    });
  });
});

const end = '4102444800000';

/* Columns and values that no request could write. */
const refused = [
  ['kind, text', `'base', 'two\nlines'`],
  ['kind, text', `'base', 'a\x1fb'`],
  ['kind, text', `'base', 'a\u0085b'`],
  ['kind, emoji', `'base', 'abc def'`],
  ['kind, emoji', `'base', 'a\nb'`],
  ['kind, emoji', `'base', '${'a'.repeat(67)}'`],
  ['kind, text', `'temporary', 'endless'`],
  ['kind, text, until_ms', `'base', 'ends', ${end}`],
  ['kind, text, until_ms', `'temporary', 'late', 99999999999999999`],
  ['kind, text, until_ms', `'temporary', 'early', -1`],
  ['kind, name, priority, until_ms', `'claim', 'call', 77, ${end}`],
  ['kind, name, until_ms', `'claim', 'Bad Name', ${end}`],
  ['kind, until_ms', `'claim', ${end}`],
  ['kind, name', `'base', 'named'`],
];

describe('sqlite3', () => {
  it('cannot say for a user what a request could not', () =>
    withStack({ workers: 1, conf: times }, async stack => {
      const [{ ws }] = await stack.room(1);
      await stack.as('u0', ws).ask('PUT', 'me/status', { body: { text: 'x' } });
      await stack.stopDaemon();
      const insert = (columns, values) =>
        sqlite(stack.path('rollcall.db'), `INSERT OR REPLACE INTO layer (workspace, user, set_ms, ${columns}) VALUES ('${ws}', 'u0', 1, ${values})`);
      for (const [columns, values] of refused) assert.throws(() => insert(columns, values), /CHECK constraint failed/, values);
      insert('kind, text, emoji', `'base', 'über 東京', '${'é'.repeat(16)}'`);
      insert('kind, name, emoji, until_ms', `'claim', 'a_call-1', ':+1:', ${end}`);
    }));
});

describe('psql', () => {
  it('cannot say for a user what a request could not', () => {
    const record = newRecord(postgres);
    return withStack({ workers: 1, conf: { ...times, record: record.url } }, async stack => {
      const [{ ws }] = await stack.room(2);
      const insert = (columns, values) =>
        record.sql(`INSERT INTO layer (workspace, "user", set_ms, ${columns}) VALUES ('${ws}', 'u1', 1, ${values})`);
      for (const [columns, values] of refused)
        assert.throws(() => insert(columns, values), /violates check constraint/, values);
      insert('kind, text, emoji', `'base', 'über 東京', repeat('é', 16)`);
      insert('kind, text, emoji, until_ms', `'temporary', '', ':+1:', ${end}`);
      insert('kind, name, priority, until_ms', `'claim', 'call-1_x', 9, ${end}`);
      await same(stack, record);
    });
  });
});

describe('the log of a record', () => {
  it('is pruned without a gap that a copy would not notice', () => {
    const record = newRecord(postgres);
    const gate = new Gate(postgres, record.name);
    const through = record.url.replace(encodeURIComponent(postgres.dir), encodeURIComponent(gate.dir));
    return withStack({ workers: 1, conf: { ...times, record: record.url } }, a =>
      withStack({ workers: 1, conf: { ...times, record: through, redis: a.conf.redis } }, async b => {
        b.admin = a.admin;
        const [{ ws }] = await a.room(2);
        const names = async stack => (await stack.adm('GET', `/workspaces/${ws}/members`)).body.members?.map(({ user }) => user);
        await until(async () => (await names(b))?.length === 2, 'the other one has it');
        await same(b, record);
        gate.shut();
        await until(async () => /since/.test((await b.req('GET', '/readyz')).body.record), 'it is cut off');
        /* As a transaction writes that began two hours ago, if its time is that of its beginning. */
        record.sql(`DELETE FROM member WHERE "user" = 'u1'; UPDATE log SET at = now() - interval '2 hours' WHERE op = 'del';
          UPDATE log SET at = now() - interval '3 hours' WHERE id = 1; UPDATE workspace SET name = 'later'`);
        assert.equal(record.sql(`SELECT count(*) FROM log WHERE id = 1`).trim(), '1');
        await a.restart();
        await until(() => record.sql(`SELECT count(*) FROM log WHERE id = 1`).trim() === '0', 'it was pruned');
        gate.open();
        await until(async () => (await b.adm('GET', `/workspaces/${ws}`)).body.name === 'later', 'the other one follows', 30000);
        assert.deepEqual(await names(b), ['u0']);
        await same(b, record);
      }),
    ).finally(() => gate.close());
  });

  it('says when a row was written, not when its transaction began', () => {
    const record = newRecord(postgres);
    return withStack({ workers: 1, conf: { ...times, record: record.url } }, async stack => {
      await stack.room(1);
      record.sql(`BEGIN; SELECT pg_sleep(0.1); UPDATE workspace SET name = 'slow'; DO $$ BEGIN
        ASSERT (SELECT at - now() FROM log ORDER BY id DESC LIMIT 1) >= interval '0.1 s'; END $$; COMMIT`);
      await same(stack, record);
    });
  });
});
