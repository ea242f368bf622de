// SPDX-License-Identifier: ISC
// How writes go to the record in PostgreSQL: in how many statements, and what happens to those that wait.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startPostgres } from '../lib/postgres.mjs';
import { newRecord, same, tables } from '../lib/record.mjs';
import { withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const times = { ttl: 60, heartbeat: 30, wait: 20, gap: 10 };

let postgres;
before(async () => (postgres = await startPostgres()));
after(() => postgres.close());

/** Runs FN(stack, record) with a machine whose record is new. */
function withRecord(fn, options = {}) {
  const record = newRecord(postgres);
  return withStack({ workers: 1, ...options, conf: { ...times, record: record.url } }, stack => fn(stack, record));
}

/** Counts the statements that rollcalld sends to insert or delete rows; what it returns tells how many came since the last call. */
function countStatements(record) {
  const triggers = tables.map(
    table => `CREATE TRIGGER z_counted BEFORE INSERT OR DELETE ON "${table}" FOR EACH STATEMENT EXECUTE FUNCTION count_statement();`,
  );
  /* One of another depth is not a client's: a trigger sent it. */
  record.sql(`CREATE SEQUENCE counted; CREATE FUNCTION count_statement() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF pg_trigger_depth() = 1 THEN PERFORM nextval('counted'); END IF; RETURN NULL; END $$; ${triggers.join(' ')}`);
  let before = 0;
  return () => {
    const all = Number(record.sql('SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM counted'));
    const since = all - before;
    before = all;
    return since;
  };
}

describe('a write of many rows', { concurrency: 2 }, () => {
  it('takes few statements, whatever tables the rows are of', () =>
    withRecord(async (stack, record) => {
      const [u0] = await stack.room(3);
      await u0.ask('POST', 'dms', { body: { participants: ['u1'] } });
      const statements = countStatements(record);
      const body = Array.from({ length: 2000 }, (_, i) => JSON.stringify({ user: `i${i}`, name: `I ${i}` })).join('\n');
      const imported = await stack.adm('POST', `/workspaces/${u0.ws}/members`, { body, timeout: 120000 });
      assert.deepEqual(imported.body, { added: 2000, changed: 0, total: 2000 });
      const byImport = statements();
      assert.ok(byImport >= 2 && byImport <= 20, `${byImport} statements for the import`);
      await same(stack, record);
      assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}`, { timeout: 120000 })).status, 204);
      const byRemoval = statements();
      assert.ok(byRemoval >= 2 && byRemoval <= 20, `${byRemoval} statements for the removal`);
      await same(stack, record);
      assert.equal(record.sql(`SELECT count(*) FROM "user" WHERE id LIKE 'i%'`).trim(), '0', 'who was in no other workspace is gone');
    }));
});

/** Runs FN() while psql holds the lock of RECORD. */
async function whileHeld(record, fn) {
  const psql = spawn('psql', ['-h', postgres.dir, '-U', 'postgres', '-qX', record.name]);
  psql.stdin.write(`BEGIN; UPDATE workspace SET name = 'Held'; SELECT 'held';\n`);
  try {
    await once(psql.stdout, 'data');
    await fn();
  } finally {
    psql.stdin.end('COMMIT;\n');
    await once(psql, 'exit');
  }
}

describe('writes while another transaction holds the record', () => {
  it('are refused together after some seconds, and readyz says why until one comes about', () =>
    withRecord(async (stack, record) => {
      const [u0] = await stack.room(1);
      const readyz = async () => (await stack.req('GET', '/readyz')).body.record;
      const timeouts = () => readFileSync(join(postgres.dir, 'log'), 'utf8').match(/canceling statement due to lock timeout/g)?.length ?? 0;
      const put = i => stack.adm('PUT', `/workspaces/${u0.ws}/members/x${i}`, { body: {}, timeout: 120000 });
      const before = timeouts();
      await whileHeld(record, async () => {
        const refused = await Promise.all(Array.from({ length: 12 }, (_, i) => put(i)));
        assert.ok(refused.every(({ status, body }) => status === 503 && body.code === 'directory_unavailable'));
        const waited = timeouts() - before;
        assert.ok(waited >= 1 && waited <= 6, `${waited} of 12 have waited for it`);
        await until(async () => /^since .*: the record is held by another transaction/.test(await readyz()), 'readyz says so');
      });
      assert.equal((await put(0)).status, 201);
      await until(async () => (await readyz()) === 'ok', 'readyz says ok');
      await same(stack, record);
    }));
});

describe('a database that is moved to a record while rollcalld runs', () => {
  it('takes no more writes, and readyz says what to do', async () => {
    const url = postgres.create('moved');
    await withStack({ workers: 2, conf: times }, async stack => {
      const [u0] = await stack.room(2);
      stack.run('--move-to', url);
      for (let i = 0; i < 4; i++) {
        const refused = await stack.adm('PUT', `/workspaces/${u0.ws}/members/late${i}`, { body: {}, once: true });
        assert.deepEqual([refused.status, refused.body.code], [503, 'directory_unavailable']);
      }
      assert.equal((await u0.ask('GET', 'members')).status, 200, 'it is read');
      await until(async () => /is a copy of a record in PostgreSQL: set record/.test((await stack.req('GET', '/readyz')).body.directory), 'readyz says so');
      await stack.stopDaemon();
      stack.writeConf({ record: url });
      stack.startDaemon();
      await stack.ready();
      assert.equal((await stack.adm('PUT', `/workspaces/${u0.ws}/members/new`, { body: {} })).status, 201);
      await same(stack, { sql: text => postgres.sql(text, 'moved') });
      assert.equal((await u0.ask('GET', 'members')).body.members.length, 3);
    });
  });
});
