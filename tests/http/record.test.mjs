// SPDX-License-Identifier: ISC
// PostgreSQL holds the record, and each machine follows it with a copy in SQLite.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { newJwt, newKey, now } from '../lib/jwt.mjs';
import { Gate, startPostgres } from '../lib/postgres.mjs';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { copyRows, newRecord, recordRows, same, sorted, sqlite, tables } from '../lib/record.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

const times = { ttl: 60, heartbeat: 30, wait: 20, gap: 10 };

let postgres;
before(async () => (postgres = await startPostgres()));
after(() => postgres.close());

/** Runs FN(stack, record) with a machine whose record is new. */
const withRecord = (fn, options = {}) => {
  const record = newRecord(postgres);
  return withStack({ workers: 2, ...options, conf: { ...times, record: record.url, ...options.conf } }, stack => fn(stack, record));
};

/** Runs FN(a, b, record) with two machines of one record and one Redis; URL is the record's for B. */
const withTwo = (fn, url) =>
  withRecord((a, record) =>
    withStack({ workers: 2, conf: { ...times, record: url?.(record) ?? record.url, redis: a.conf.redis } }, b => {
      b.tokens = a.tokens;
      b.admin = a.admin;
      return fn(a, b, record);
    }),
  );

/* Polls until PERSON, who has just lost their right, is refused; resolves with the status. They may be told of a change before. */
async function refusal(person, first) {
  let answer = await first;
  while (answer.status === 200) answer = await person.poll({ since: answer.body.cursor });
  return answer.status;
}

/* All that PERSON is told to fetch again after SINCE, until nothing comes for a second. */
async function untilQuiet(person, since) {
  const told = [];
  for (let cursor = since; ;) {
    const { body } = await person.poll({ since: cursor, wait: 1 });
    if (!body.refetch && body.changes.length === 0) return told;
    told.push(...(body.refetch ?? []));
    ({ cursor } = body);
  }
}

const names = async (stack, ws) => (await stack.adm('GET', `/workspaces/${ws}/members`)).body.members?.map(m => m.name);

describe('a machine with a record', { concurrency: 3 }, () => {
  it('reads what it has written, whichever worker is asked, and the record has it', () =>
    withRecord(async (stack, record) => {
      const [u0, u1] = await stack.room(3);
      const put = await stack.adm('PUT', `/workspaces/${u0.ws}/members/x`, { body: { name: 'X', role: 'guest' } });
      assert.equal(put.status, 201);
      for (let i = 0; i < 8; i++) assert.ok((await names(stack, u0.ws)).includes('X'));
      assert.equal((await stack.adm('PUT', `/workspaces/${u0.ws}/members/x`, { body: { name: 'X' } })).status, 200);
      const opened = await u0.ask('POST', 'dms', { body: { participants: ['u1'] } });
      assert.equal(opened.status, 201);
      assert.equal((await u1.ask('POST', 'dms', { body: { participants: ['u0'] } })).body.id, opened.body.id);
      assert.equal((await u0.ask('PUT', 'me/status', { body: { text: 'out', for: 60 } })).status, 200);
      assert.equal((await u0.ask('PUT', 'me/claims/call', { body: { show: 'away', for: 60 } })).status, 201);
      assert.equal((await u0.ask('GET', 'me/status')).body.text, 'out');
      assert.equal((await u0.ask('PUT', 'me/settings', { body: { last_seen: 'day' } })).body.last_seen, 'day');
      const lines = Array.from({ length: 1200 }, (_, i) => JSON.stringify({ user: `i${i}`, name: `I ${i} ü'"\\` })).join('\n');
      const imported = await stack.adm('POST', `/workspaces/${u0.ws}/members`, { body: lines });
      assert.deepEqual(imported.body, { added: 1200, changed: 0, total: 1200 });
      const policy = await stack.adm('PUT', `/workspaces/${u0.ws}`, { body: { name: 'Acme', messages: false } });
      assert.equal(policy.body.messages, false);
      const hook = (id, body) => stack.adm('PUT', `/webhooks/${id}`, { body: { url: 'https://h/', active: false, ...body } });
      assert.equal((await hook('own', { workspace: u0.ws })).status, 201);
      assert.equal((await hook('own', { workspace: u0.ws, events: ['dm'] })).status, 200);
      assert.equal((await stack.adm('POST', '/webhooks/own/secret')).status, 200);
      for (const id of ['all', 'gone']) await hook(id, {});
      assert.equal((await stack.adm('DELETE', '/webhooks/gone')).status, 204);
      await same(stack, record);
      assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u1`)).status, 204);
      assert.equal((await u1.ask('GET', 'members')).status, 403);
      const bound = await stack.newToken({ scope: ['read', 'notify'], workspace: u0.ws });
      assert.equal(record.sql(`SELECT scope FROM token WHERE workspace = '${u0.ws}'`).trim(), 'read notify');
      assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}`)).status, 204);
      assert.equal((await stack.req('GET', '/v1/me', { token: bound })).status, 401);
      assert.deepEqual((await stack.adm('GET', '/webhooks')).body.webhooks.map(({ id }) => id), ['all']);
      await same(stack, record);
    }));

  it('makes an empty record once, although all workers find it empty', () =>
    withRecord(async stack => {
      await stack.stopDaemon();
      const { name, url } = newRecord(postgres);
      rmSync(stack.path('rollcall.db'));
      stack.writeConf({ record: url });
      stack.startDaemon();
      const idle = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${name}' AND state = 'idle'`;
      await until(() => Number(postgres.sql(idle)) >= 4, 'each worker has it');
      await stack.ready();
      assert.doesNotMatch(stack.log(), /the record refuses/);
    }, { workers: 4 }));

  it('takes what psql writes, many at once, and some that take it back', () =>
    withRecord(async (stack, record) => {
      const [u0] = await stack.room(2);
      const write = (i, end) =>
        record.sql(`BEGIN; INSERT INTO member (workspace, "user", name, role)
          SELECT '${u0.ws}', 'p${i}-' || n, 'P', 'member' FROM generate_series(1, 20) AS n; ${end}`);
      const psql = (i, end) =>
        once(
          spawn('psql', ['-h', postgres.dir, '-U', 'postgres', '-qX', record.name, '-c', 'BEGIN', '-c',
            `INSERT INTO member (workspace, "user", name, role) SELECT '${u0.ws}', 'q${i}-' || n, 'Q', 'member' FROM generate_series(1, 20) AS n`,
            '-c', 'SELECT pg_sleep(0.05)', '-c', end]),
          'exit',
        );
      write(0, 'COMMIT');
      const ended = await Promise.all(Array.from({ length: 12 }, (_, i) => psql(i, i % 3 ? 'COMMIT' : 'ROLLBACK')));
      assert.ok(ended.every(([code]) => code === 0));
      await same(stack, record);
      assert.equal((await names(stack, u0.ws)).filter(name => name === 'Q').length, 160);
      record.sql(`UPDATE member SET name = 'By Hand' WHERE "user" = 'u1'`);
      await until(async () => (await names(stack, u0.ws)).includes('By Hand'), 'it is read');
      const bound = await stack.newToken({ scope: ['read'], workspace: u0.ws });
      record.sql('TRUNCATE workspace CASCADE');
      await until(async () => (await names(stack, u0.ws)) === undefined, 'all is gone');
      assert.equal((await stack.adm('GET', '/tokens')).status, 200);
      assert.equal((await stack.req('GET', '/v1/me', { token: bound })).status, 401);
      await same(stack, record);
    }));

  it('admits users by their JWT with the request that brings it, and notes when a token was used', () => {
    const { signing } = newKey('HS256');
    const options = {
      auth: ['token', 'jwt'],
      beforeStart: stack => {
        writeFileSync(stack.path('jwt.key'), signing);
        stack.conf.jwt = { algorithm: 'HS256', key_file: stack.path('jwt.key'), provision: true };
      },
    };
    return withRecord(async (stack, record) => {
      for (const ws of ['j1', 'j2', 'j3']) assert.equal((await stack.adm('PUT', `/workspaces/${ws}`, { body: {} })).status, 201);
      const tokenOf = (sub, name, iat) =>
        newJwt({ sub, name, iat, exp: now() + 600, rollcall_workspaces: ['j1', 'j2', 'none', 'j3'] }, signing);
      const ann = tokenOf('ann', 'Ann', now() - 120);
      const body = { session: 'session-1' };
      const joined = await stack.req('POST', '/v1/workspaces/j2/join', { token: ann, body });
      assert.equal(joined.status, 201, 'with the body that it had');
      assert.equal(joined.body.session, 'session-1');
      assert.deepEqual(await names(stack, 'j2'), ['Ann']);
      const bob = tokenOf('bob', 'Bob');
      const me = await stack.req('GET', '/v1/me', { token: bob });
      assert.deepEqual(me.body.workspaces.map(({ id }) => id), ['j1', 'j2', 'j3']);
      const renamed = await stack.req('POST', '/v1/workspaces/j2/join', { token: tokenOf('ann', 'Anna', now()), body });
      assert.equal(renamed.status, 200);
      assert.deepEqual(await names(stack, 'j2'), ['Anna', 'Bob']);
      assert.equal((await stack.req('GET', '/v1/workspaces/none/status', { token: ann })).status, 403);
      await until(() => Number(record.sql('SELECT max(last_used_ms) FROM token')) > 0, 'its use was noted');
      await same(stack, record);
    }, options);
  });

  it('ends the poll of a member whom psql removes', () =>
    withRecord(async (stack, record) => {
      const [u0] = await stack.room(2);
      const poll = u0.poll({ since: await u0.cursor() });
      await until(async () => (await stack.parked()) === 1, 'it waits');
      const began = performance.now();
      record.sql(`DELETE FROM member WHERE "user" = 'u0'`);
      assert.equal(await refusal(u0, poll), 403);
      assert.ok(performance.now() - began < atMost(8000));
    }));

  it('tells pages what psql has changed, and ends the presence of whom it removed', () =>
    withRecord(async (stack, record) => {
      const [u0, u1] = await stack.room(2);
      await u1.join();
      const keys = () => stack.redis('KEYS', `*:${u0.ws}:u:u1`);
      assert.equal((await keys()).length, 1);
      let since = await u0.cursor();
      const change = async (sql, is) => {
        const began = performance.now();
        record.sql(sql);
        await until(async () => {
          const { body } = await u0.poll({ since });
          since = body.cursor;
          return is(body);
        }, 'it is told');
        assert.ok(performance.now() - began < atMost(8000));
      };
      await change(`UPDATE member SET name = 'Other' WHERE "user" = 'u1'`, ({ refetch = [] }) => refetch.includes('members'));
      assert.ok((await names(stack, u0.ws)).includes('Other'));
      await change(`DELETE FROM member WHERE "user" = 'u1'`, ({ changes }) => changes.some(({ user }) => user === 'u1'));
      await until(async () => (await keys()).length === 0, 'their sessions have ended');
      record.sql(`DELETE FROM workspace WHERE id = '${u0.ws}'`);
      await until(async () => (await stack.redis('KEYS', `*:${u0.ws}:*`)).length === 0, 'nothing is left of it');
    }));

  for (const [when, stop, start] of [
    ['does not run', stack => stack.stopDaemon(), stack => (stack.startDaemon(), stack.ready())],
    [
      'runs and is slow',
      stack => stack.workers().forEach(pid => process.kill(pid, 'SIGSTOP')),
      stack => stack.workers().forEach(pid => process.kill(pid, 'SIGCONT')),
    ],
  ])
    it(`tells pages what psql has changed though a token was made meanwhile, if rollcalld ${when}`, () =>
      withRecord(async (stack, record) => {
        const [u0] = await stack.room(1);
        const since = await u0.cursor();
        /* A worker that is stopped while it notes that holds the record. */
        await until(() => Number(record.sql(`SELECT last_used_ms FROM token WHERE "user" = 'u0'`)) > 0, 'its use was noted');
        await same(stack, record);
        await stop(stack);
        record.sql(`INSERT INTO member (workspace, "user", name, role) VALUES ('${u0.ws}', 'late', 'Late', 'member')`);
        const token = stack.run('--new-admin-token', 'second').trim().split(/\s+/).at(-1);
        await start(stack);
        await until(async () => (await u0.poll({ since })).body?.refetch?.includes('members'), 'it is told', 20000);
        await until(async () => (await stack.req('GET', '/v1/admin/tokens', { token })).status === 200, 'it can be used');
        await same(stack, record);
      }));

  it('is not brought up to date by the doctor, who says so', () =>
    withRecord(async (stack, record) => {
      const doctor = () => spawnSync(rollcalld, ['-c', stack.path('rollcall.conf'), '--doctor'], { encoding: 'utf8' }).stdout;
      const [u0] = await stack.room(1);
      const since = await u0.cursor();
      await until(() => /^ok +record +.*rollcall\.db is an up-to-date copy$/m.test(doctor()), 'it has what was noted last');
      await stack.stopDaemon();
      record.sql(`INSERT INTO member (workspace, "user", name, role) VALUES ('${u0.ws}', 'late', 'Late', 'member')`);
      assert.match(doctor(), /^note +record +the copy is behind the record until rollcalld runs$/m);
      stack.startDaemon();
      await stack.ready();
      await until(async () => (await u0.poll({ since })).body?.refetch?.includes('members'), 'it is told', 20000);
    }));

  it('shows what psql says for a user, as if they had said it', () =>
    withRecord(async (stack, record) => {
      const [u0, u1] = await stack.room(2);
      await u1.join();
      const ofU1 = async () => (await u0.ask('GET', 'status')).body.users.find(({ user }) => user === 'u1');
      const shows = async (sql, is) => {
        record.sql(sql);
        await until(async () => is((await ofU1()) ?? {}), sql);
      };
      const where = `workspace = '${u0.ws}' AND "user" = 'u1'`;
      await shows(`INSERT INTO layer (workspace, "user", kind, text, set_ms) VALUES ('${u0.ws}', 'u1', 'base', 'by hand', 1)`,
        ({ text }) => text === 'by hand');
      await shows(`UPDATE layer SET show = 'away' WHERE ${where}`, ({ status, text }) => status === 'away' && text === 'by hand');
      assert.equal((await u1.ask('PUT', 'me/status', { body: { text: 'own', for: 600 } })).status, 200);
      await until(async () => (await ofU1()).text === 'own', 'they say something else');
      await shows(`UPDATE layer SET text = 'again' WHERE ${where}`, ({ text }) => text === 'again');
      await shows(`DELETE FROM layer WHERE ${where}`, ({ status, text }) => status === 'active' && !text);
      await shows(`INSERT INTO layer (workspace, "user", kind, text, set_ms) VALUES ('${u0.ws}', 'u1', 'base', 'more', 1)`,
        ({ text }) => text === 'more');
      await shows(`DELETE FROM status WHERE ${where}`, ({ text }) => !text);
      await same(stack, record);
      record.sql(`DELETE FROM member WHERE "user" = 'u1'`);
      await until(() => recordRows(record, 'status').length === 0, 'it goes with the member');
      await same(stack, record);
    }));

  it('tells pages what is different in a copy that was made again', () =>
    withRecord(async (stack, record) => {
      const [u0, u1, u2, u3] = await stack.room(4);
      await u3.say({ text: 'removed', for: 600 });
      const { body: { id } } = await u0.ask('POST', 'dms', { body: { participants: ['u1'], name: 'before' } });
      await u2.join();
      const sinceOf = Object.fromEntries(await Promise.all([u0, u1].map(async person => [person.user, await person.cursor()])));
      /* Nothing of this is in the log. */
      const silent = [...tables, 'webhook'].filter(table => ['member', 'dm', 'dm_participant', 'status', 'layer', 'user'].includes(table));
      const set = what => silent.map(table => `ALTER TABLE "${table}" ${what} TRIGGER a_log;`).join(' ');
      record.sql(`BEGIN; ${set('DISABLE')} DELETE FROM member WHERE "user" = 'u2';
        UPDATE dm SET name = 'after' WHERE id = ${id};
        DELETE FROM member WHERE "user" = 'u3'; INSERT INTO member (workspace, "user", name, role) VALUES ('${u0.ws}', 'u3', 'Again', 'member');
        INSERT INTO layer (workspace, "user", kind, text, set_ms) VALUES ('${u0.ws}', 'u1', 'base', 'unheard', 1);
        ${set('ENABLE')} UPDATE record SET id = gen_random_uuid(); COMMIT`);
      const told = new Map();
      const hears = async (person, what) => {
        const polled = await person.poll({ since: sinceOf[person.user] });
        sinceOf[person.user] = polled.body.cursor;
        const all = [...(told.get(person) ?? []), ...(polled.body.refetch ?? []), ...(polled.body.changes ?? []).map(({ user }) => user)];
        told.set(person, all);
        return what.every(one => all.includes(one));
      };
      await until(() => hears(u0, ['members', 'dms', 'u2', 'u1']), 'one is told', 15000);
      await until(() => hears(u1, ['members', 'dms']), 'the other one too', 15000);
      await until(async () => (await stack.redis('KEYS', `*:${u0.ws}:u:u2`)).length === 0, 'whom it does not have is not there');
      await until(async () => (await u0.entryOf('u3')).text === undefined, 'and what nobody says has ended');
      assert.equal((await u0.entryOf('u1')).text, 'unheard');
      await same(stack, record);
    }));

  it('waits for another transaction, and says so if that takes too long', () =>
    withRecord(async (stack, record) => {
      await stack.room(1);
      const psql = spawn('psql', ['-h', postgres.dir, '-U', 'postgres', '-qX', record.name]);
      psql.stdin.write(`BEGIN; UPDATE member SET name = 'Held'; SELECT 'held';\n`);
      await once(psql.stdout, 'data');
      const refused = await stack.adm('PUT', '/workspaces/w1/members/late', { body: {} });
      assert.equal(refused.status, 503);
      assert.equal(refused.body.code, 'directory_unavailable');
      assert.equal((await stack.adm('GET', '/workspaces/w1/members')).status, 200, 'reads do not wait');
      psql.stdin.end('COMMIT;\n');
      await once(psql, 'exit');
      assert.equal((await stack.admDone('PUT', '/workspaces/w1/members/late', { body: {} })).status, 201);
      assert.ok((await names(stack, 'w1')).includes('Held'));
    }));

  it('makes its copy again if the record was restored, and goes on reading the old one', () =>
    withRecord(async (stack, record) => {
      const [u0] = await stack.room(2);
      const dump = postgres.run('pg_dump', '-h', postgres.dir, '-U', 'postgres', record.name);
      await stack.adm('PUT', `/workspaces/${u0.ws}/members/lost`, { body: {} });
      record.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${record.name}' AND pid <> pg_backend_pid()`);
      postgres.run('dropdb', '-f', '-h', postgres.dir, '-U', 'postgres', record.name);
      assert.ok((await names(stack, u0.ws)).includes('lost'), 'the old copy is read');
      postgres.create(`${record.name}x`);
      execFileSync('psql', ['-h', postgres.dir, '-U', 'postgres', '-qX', `${record.name}x`], { input: dump, stdio: ['pipe', 'ignore', 'inherit'] });
      postgres.sql(`ALTER DATABASE ${record.name}x RENAME TO ${record.name}`);
      record.sql(`INSERT INTO member (workspace, "user", name, role) VALUES ('${u0.ws}', 'new', 'New', 'member')`);
      await until(async () => (await names(stack, u0.ws)).includes('New'), 'the record is followed', 15000);
      assert.ok(!(await names(stack, u0.ws)).includes('lost'));
      assert.match(stack.log(), /the copy of the record is being made: the old one cannot follow its log/);
      await same(stack, record);
      assert.equal((await u0.ask('GET', 'members')).status, 200);
    }));

  it('lets others see what a restored record says once its administrator has raised all revs', () =>
    withRecord(async (stack, record) => {
      const [u0, u1, u2] = await stack.room(3);
      const put = (person, text) => person.ask('PUT', 'me/status', { body: { text } });
      assert.equal((await put(u0, 'kept')).status, 200);
      for (const person of [u0, u1]) assert.equal((await put(person, 'lost')).status, 200);
      /* As in an older state of it: u0 said something else, and u1 nothing yet. */
      record.sql(`BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM layer WHERE "user" = 'u1';
        DELETE FROM status WHERE "user" = 'u1'; UPDATE layer SET text = 'kept'; UPDATE status SET rev = rev - 32;
        UPDATE record SET id = gen_random_uuid(); COMMIT`);
      await same(stack, record, 15000);
      record.sql(`INSERT INTO status (workspace, "user", rev, changed_ms)
        SELECT workspace, "user", ((extract(epoch FROM now()) + 3600) * 1000)::bigint, 0 FROM member
        ON CONFLICT (workspace, "user") DO UPDATE SET rev = greatest(status.rev, excluded.rev)`);
      await until(async () => {
        const { body: { users } } = await u2.ask('GET', 'status');
        const textOf = name => users.find(({ user }) => user === name)?.text;
        return textOf('u0') === 'kept' && textOf('u1') === undefined;
      }, 'they see what it has', 15000);
    }));

  it('makes its copy again if the log was pruned since, or the record has another id', () =>
    withRecord(async (stack, record) => {
      await stack.room(2);
      await stack.stopDaemon();
      record.sql(`UPDATE member SET name = 'Later'; DELETE FROM log WHERE id < (SELECT max(id) FROM log)`);
      stack.startDaemon();
      await stack.ready();
      await same(stack, record);
      record.sql('UPDATE record SET id = gen_random_uuid()');
      await until(() => stack.log().match(/the copy of the record is complete/g)?.length === 2, 'it was made twice');
      await until(async () => {
        const copied = (await stack.metric('rollcall_record_copied_seconds')) * 1000;
        return copied > Date.now() - atMost(60000) && copied <= Date.now();
      }, 'metrics say when');
      await same(stack, record);
    }));

  it('has what the record has after it was killed while it wrote', () =>
    withRecord(async (stack, record) => {
      await stack.room(1);
      for (let round = 0; round < 3; round++) {
        const writes = Array.from({ length: 30 }, (_, i) =>
          stack.adm('PUT', `/workspaces/w1/members/k${round}-${i}`, { body: {} }).then(({ status }) => [i, status], () => [i, 0]),
        );
        await Promise.race(writes);
        await stack.daemon.kill();
        const written = (await Promise.all(writes)).filter(([, status]) => status === 201);
        stack.startDaemon();
        await stack.ready();
        await same(stack, record);
        const users = recordRows(record, 'member').map(({ user }) => user);
        for (const [i] of written) assert.ok(users.includes(`k${round}-${i}`), 'what was confirmed is there');
      }
    }));

  it('reads and serves presence while PostgreSQL is away, refuses writes, and says since when', async () => {
    const own = await startPostgres();
    try {
      const url = own.create('away');
      await withStack({ workers: 2, conf: { ...times, record: url } }, stack => withReceiver(async receiver => {
        const [u0, u1] = await stack.room(2);
        await addWebhook(stack, receiver, 'crm', { workspace: u0.ws });
        const figure = name => stack.metric(`rollcall_record_${name}`);
        await until(async () => (await figure('up')) === 2, 'both workers follow');
        for (const name of ['away_since_seconds', 'lag_seconds', 'lag_rows']) await until(async () => (await figure(name)) === 0, `${name} is 0`);
        await own.stop();
        const stopped = Date.now() / 1000;
        await until(async () => / since|^since/.test((await stack.req('GET', '/readyz')).body.record), 'readyz says so');
        await until(async () => (await figure('up')) === 0, 'no worker follows');
        assert.ok(Math.abs((await figure('away_since_seconds')) - stopped) < atMost(15), 'it is said since when');
        await until(async () => (await figure('lag_seconds')) >= 2, 'the copy gets older');
        assert.equal((await stack.req('GET', '/readyz')).status, 200);
        const refused = await stack.adm('PUT', `/workspaces/${u0.ws}/members/u9`, { body: {} });
        assert.equal(refused.status, 503);
        assert.match(refused.body.detail, /PostgreSQL/);
        assert.ok((await u0.join()).session);
        assert.equal((await u1.ask('GET', 'members')).status, 200);
        assert.equal((await u0.ask('PUT', 'me/status', { body: { text: 'x' } })).status, 503);
        await stack.daemon.kill();
        stack.startDaemon();
        await stack.ready();
        assert.equal((await u1.ask('GET', 'members')).status, 200, 'also after a start without it');
        await u1.join();
        await until(() => receiver.here(u0.ws).u1 === 'active', 'webhooks are delivered, too', 30000); // the killed one's turn lasts 10 s
        await own.start();
        await until(
          async () => (await stack.adm('PUT', `/workspaces/${u0.ws}/members/u9`, { body: {} })).status === 201,
          'it is written again',
        );
        await until(async () => (await stack.req('GET', '/readyz')).body.record === 'ok', 'readyz says ok');
        await until(async () => (await figure('up')) === 2 && (await figure('lag_seconds')) === 0, 'metrics say so too');
        assert.equal(await figure('away_since_seconds'), 0);
      }));
    } finally {
      await own.close();
    }
  });
});

describe('a record with a standby', () => {
  it('is followed to it when that becomes the primary', async () => {
    const primary = await startPostgres();
    const standby = await startPostgres(primary);
    try {
      primary.create('over');
      const url = primary.url('over', standby);
      await withStack({ workers: 2, conf: { ...times, record: url } }, async stack => {
        const [u0] = await stack.room(2);
        const [last, has] = [primary, standby].map(one => () => one.sql('SELECT max(id) FROM log', 'over'));
        await same(stack, { sql: text => primary.sql(text, 'over') });
        await until(() => has() === last(), 'the standby has it');
        await primary.stop();
        assert.equal((await u0.ask('GET', 'members')).status, 200);
        assert.equal((await stack.adm('PUT', `/workspaces/${u0.ws}/members/x`, { body: {} })).status, 503);
        standby.promote();
        assert.equal((await stack.admDone('PUT', `/workspaces/${u0.ws}/members/after`, { body: {} })).status, 201);
        await same(stack, { sql: text => standby.sql(text, 'over') });
        assert.doesNotMatch(stack.log(), /the old one cannot follow/, 'nothing was lost, so the copy went on');
      });
    } finally {
      await standby.close();
      await primary.close();
    }
  });
});

/* What takes connections and says nothing; its port. */
async function startMute() {
  const clients = new Set();
  const server = net.createServer(client => {
    clients.add(client);
    client.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    for (const client of clients) client.destroy();
    server.close();
  };
  return { port: server.address().port, clients, stop };
}

describe('a record of several hosts', () => {
  it('is found behind hosts that hang, refuse or are standbys, whatever the URL says of standbys', async () => {
    const primary = await startPostgres();
    const standby = await startPostgres(primary);
    const mute = await startMute();
    try {
      primary.create('found');
      const hosts = ['127.0.0.1', '127.0.0.1', standby.dir, primary.dir].map(encodeURIComponent).join(',');
      const record = `postgresql://postgres@/found?host=${hosts}&port=${mute.port},${await freePort()},5432,5432`;
      await withStack({ workers: 1, conf: { ...times, record } }, async stack => {
        const [u0] = await stack.room(2);
        assert.equal((await stack.admDone('PUT', `/workspaces/${u0.ws}/members/x`, { body: {} })).status, 201);
        assert.ok(mute.clients.size > 0, 'the first one was tried');
        assert.equal((await stack.req('GET', '/readyz')).body.record, 'ok');
      });
    } finally {
      mute.stop();
      await standby.close();
      await primary.close();
    }
  });

  it('is found at a host without a port behind one with a port', async () => {
    const record = newRecord(postgres);
    const refusing = `postgresql://postgres@127.0.0.1:${await freePort()},${encodeURIComponent(postgres.dir)}/${record.name}`;
    await withStack({ workers: 1, conf: { ...times, record: refusing } }, async stack => {
      await stack.room(1);
      assert.equal((await stack.req('GET', '/readyz')).body.record, 'ok');
    });
  });
});

describe('two machines with one record', { concurrency: 2 }, () => {
  it('know the same people, and open a conversation once', () =>
    withTwo(async (a, b, record) => {
      const [a0, a1] = await a.room(2);
      const b1 = b.as('u1', a1.ws);
      await until(async () => (await b1.ask('GET', 'members')).status === 200, 'the other one knows them');
      const watching = b1.poll({ since: await b1.cursor() });
      await until(async () => (await b.parked()) === 1, 'it waits');
      await a.adm('PUT', `/workspaces/${a0.ws}/members/new`, { body: {} });
      assert.deepEqual((await watching).body.refetch, ['members']);
      await until(async () => (await names(b, a0.ws)).length === 3, 'the other one has them too');
      for (let round = 0; round < 5; round++) {
        const opened = await Promise.all([
          a0.ask('POST', 'dms', { body: { participants: ['u1'] } }),
          b1.ask('POST', 'dms', { body: { participants: ['u0'] } }),
        ]);
        assert.equal(new Set(opened.map(({ body }) => body.id)).size, 1);
        assert.equal((await a.adm('DELETE', `/workspaces/${a0.ws}/dms/${opened[0].body.id}`)).status, 204);
        await until(async () => (await b1.ask('GET', 'dms')).body.dms.length === 0, 'it is gone there');
      }
      const since = await b1.cursor();
      const { body: dm } = await a0.ask('POST', 'dms', { body: { participants: ['u1'] } });
      await until(async () => (await b1.ask('GET', 'dms')).body.dms.some(({ id }) => id === dm.id), 'the other one has it');
      const told = await untilQuiet(b1, since);
      assert.ok(told.includes('dms') && !told.includes('members'), `nobody fetches members for a conversation: ${told}`);
      const both = await Promise.all(
        Array.from({ length: 40 }, (_, i) => [a, b][i % 2].adm('PUT', `/workspaces/${a0.ws}/members/m${i}`, { body: {} })),
      );
      assert.ok(both.every(({ status }) => status === 201));
      await Promise.all([same(a, record), same(b, record)]);
    }));

  it('take members into a workspace that the other one has just made', () =>
    withTwo(async (a, b) => {
      for (let round = 0; round < 10; round++) {
        assert.equal((await a.adm('PUT', `/workspaces/w${round}`, { body: {} })).status, 201);
        assert.equal((await b.adm('PUT', `/workspaces/w${round}/members/ann`, { body: {} })).status, 201);
        assert.equal((await a.adm('PUT', `/workspaces/i${round}`, { body: {} })).status, 201);
        const imported = await b.adm('POST', `/workspaces/i${round}/members`, { body: '{"user":"ann"}\n', headers: { 'content-type': 'application/x-ndjson' } });
        assert.deepEqual([imported.status, imported.body.added], [200, 1]);
      }
      const missing = await b.adm('PUT', '/workspaces/none/members/ann', { body: {} });
      assert.deepEqual([missing.status, missing.body.detail], [404, 'Workspace "none" not found.']);
    }));

  it('end the polls of a removed member, and of a revoked token, on the other one too', () =>
    withTwo(async (a, b) => {
      const people = await a.room(2);
      const [b0, b1] = people.map(({ user, ws }) => b.as(user, ws));
      await until(async () => (await b1.ask('GET', 'members')).status === 200, 'the other one knows them');
      const polls = [b0.poll({ since: await b0.cursor() }), b1.poll({ since: await b1.cursor() })];
      await until(async () => (await b.parked()) === 2, 'they wait');
      const { id } = (await a.adm('GET', '/tokens')).body.tokens.find(({ user }) => user === 'u1');
      for (const [path, person, poll, status] of [
        [`/tokens/${id}`, b1, polls[1], 401],
        [`/workspaces/${b0.ws}/members/u0`, b0, polls[0], 403],
      ]) {
        const began = performance.now();
        assert.equal((await a.adm('DELETE', path)).status, 204);
        assert.equal(await refusal(person, poll), status);
        assert.ok(performance.now() - began < atMost(8000));
      }
    }));
});

describe('a machine that does not reach PostgreSQL', { concurrency: 2 }, () => {
  /* Runs FN(a, b, gate): B reaches the record through the gate, until that is shut. */
  async function withGate(fn) {
    let gate;
    const urlThrough = ({ name, url }) => {
      gate = new Gate(postgres, name);
      return url.replace(encodeURIComponent(postgres.dir), encodeURIComponent(gate.dir));
    };
    try {
      await withTwo((a, b) => fn(a, b, gate), urlThrough);
    } finally {
      gate?.close();
    }
  }

  const cutOff = async (stack, gate) => {
    gate.shut();
    await until(async () => / since|^since/.test((await stack.req('GET', '/readyz')).body.record), 'it is cut off');
  };

  it('ends the presence of a member whom it let in although another had removed them, once it hears of that', () =>
    withGate(async (a, b, gate) => {
      const [a0, a1] = await a.room(2);
      const b1 = b.as('u1', a1.ws);
      await until(async () => (await b1.ask('GET', 'members')).status === 200, 'the other one knows them');
      await cutOff(b, gate);
      assert.equal((await a.admDone('DELETE', `/workspaces/${a0.ws}/members/u1`)).status, 204);
      await b1.join();
      assert.deepEqual(await a0.sees(), { u1: 'active' });
      gate.open();
      await until(async () => (await a0.sees()).u1 === undefined, 'they are gone, long before their lease ends');
      assert.equal((await b1.ask('GET', 'members')).status, 403);
    }));

  it('tells after ten seconds what a member said before they were removed and added again, and ends it once it hears of that', () =>
    withGate(async (a, b, gate) => {
      const [a0, a1] = await a.room(2);
      await a1.say({ text: 'old', for: 600 });
      await until(async () => (await b.as('u1', a1.ws).me()).text === 'old', 'the other one has it');
      await cutOff(b, gate);
      const member = `/workspaces/${a0.ws}/members/u1`;
      /* The machine's other worker may still tell what one has told, within a second. */
      const comesAgain = () =>
        until(async () => {
          assert.equal((await a.admDone('DELETE', member)).status, 204);
          assert.equal((await a.admDone('PUT', member, { body: {} })).status, 201);
          await a1.join();
          for (const end = performance.now() + 1200; performance.now() < end; await pause(100))
            if ((await a0.entryOf('u1')).text !== undefined) return false;
          return true;
        }, 'they say nothing');
      /* It is not told in the time in which it might hear of that. */
      const isTold = async cause => {
        await comesAgain();
        const began = performance.now();
        await cause();
        await until(async () => (await a0.entryOf('u1')).text === 'old', 'the old message is back', 30000);
        assert.ok(performance.now() - began > 8000, 'but not at once');
      };
      await isTold(() => b.restart());
      await isTold(() => a.redis('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
      gate.open();
      await until(async () => (await a0.entryOf('u1')).text === undefined, 'it has ended');
      await a1.say({ text: 'new', for: 600 });
      await until(async () => (await a0.entryOf('u1')).text === 'new', 'and something else is said');
    }));
});

describe('a directory', { concurrency: 2 }, () => {
  it('is moved to a record and back with all that it holds', () =>
    withStack({ workers: 1, conf: times }, async stack => {
      const record = newRecord(postgres);
      const [u0, u1] = await stack.room(3);
      await u0.ask('POST', 'dms', { body: { participants: ['u1'] } });
      await u0.ask('PUT', 'me/status', { body: { text: "it's \\ ü", for: 600 } });
      await u1.ask('PUT', 'me/settings', { body: { last_seen: 'day' } });
      await stack.adm('PUT', '/webhooks/all', { body: { url: "https://h/?it's", active: false } });
      await stack.adm('PUT', '/webhooks/own', { body: { url: 'https://h/', workspace: u0.ws, reveal: true, active: false } });
      await stack.adm('POST', '/webhooks/own/secret');
      await stack.stopDaemon();
      const path = stack.path('rollcall.db');
      const before = tables.map(table => sorted(copyRows(path, table)));
      for (const way of ['--move-to', '--move-from'])
        assert.throws(() => stack.run(way, 'postgresql://u:50%secret@h/d'),
          ({ stderr }) => /the address of the record: it cannot be read/.test(stderr) && !stderr.includes('secret'));
      assert.match(stack.run('--move-to', record.url), /^\d+ rows of /);
      for (const [i, table] of tables.entries()) assert.deepEqual(sorted(recordRows(record, table)), before[i], table);
      assert.throws(() => stack.run('--new-admin-token', 'x'), /is a copy of a record/);
      assert.throws(() => stack.run('--move-to', record.url), /is a copy of a record/);
      stack.writeConf({ record: record.url });
      stack.startDaemon();
      await stack.ready();
      assert.equal((await u0.ask('GET', 'me/status')).body.text, "it's \\ ü");
      await stack.adm('PUT', `/workspaces/${u0.ws}/members/later`, { body: {} });
      await stack.stopDaemon();
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
      stack.writeConf({ record: '' });
      assert.match(stack.run('--move-from', record.url), /holds all that the record does/);
      for (const table of tables) assert.deepEqual(sorted(copyRows(path, table)), sorted(recordRows(record, table)), table);
      stack.startDaemon();
      await stack.ready();
      assert.ok((await names(stack, u0.ws)).includes('LATER') || (await names(stack, u0.ws)).includes('later'));
      assert.equal((await stack.adm('PUT', `/workspaces/${u0.ws}/members/own`, { body: {} })).status, 201);
    }));

  it('of its own is not taken for a copy, and an occupied record not for an empty one', () =>
    withStack({ workers: 1, conf: times }, async stack => {
      const record = newRecord(postgres);
      await stack.room(1);
      await stack.stopDaemon();
      stack.writeConf({ record: record.url });
      assert.throws(() => stack.run('--new-admin-token', 'x'), /has workspaces or tokens of its own/);
      stack.writeConf({ record: '', database: stack.path('other.db') });
      stack.run('--new-admin-token', 'x');
      stack.run('--move-to', record.url);
      stack.writeConf({ database: stack.path('rollcall.db') });
      assert.throws(() => stack.run('--move-to', record.url), /the record is not empty/);
      assert.equal(stack.run('-t').trim(), `${stack.path('rollcall.conf')}: ok`);
      for (const [url, why] of [
        ['mysql://x', /beginning with postgresql:/],
        ['postgresql://x/y?no=such', /record/],
      ]) {
        stack.writeConf({ record: url });
        assert.throws(() => stack.run('-t'), why);
      }
    }));
});

describe('the schemas of both engines', () => {
  it('have the same tables, columns and keys, and migrations of the same numbers', () =>
    withRecord((stack, record) => {
      const path = stack.path('rollcall.db');
      const kinds = { TEXT: 'text', INTEGER: 'bigint', BLOB: 'bytea' };
      for (const table of tables) {
        const here = JSON.parse(sqlite(path, `SELECT name, type, "notnull" + (pk > 0) > 0 AS needed FROM pragma_table_info('${table}')`));
        const there = JSON.parse(
          record.sql(`SELECT json_agg(json_build_object('name', column_name, 'type', data_type, 'needed', (is_nullable = 'NO')::int)
            ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = '${table}'`),
        );
        assert.deepEqual(there, here.map(column => ({ ...column, type: kinds[column.type] })), table);
        const key = JSON.parse(sqlite(path, `SELECT name FROM pragma_table_info('${table}') WHERE pk > 0 ORDER BY pk`));
        const keyThere = record.sql(`SELECT a.attname FROM pg_index AS i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (n, at)
          JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.n
          WHERE i.indrelid = '"${table}"'::regclass AND i.indisprimary ORDER BY k.at`);
        assert.deepEqual(keyThere.trim().split('\n'), key.map(({ name }) => name), table);
      }
      const own = JSON.parse(sqlite(path, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`));
      assert.deepEqual(own.map(({ name }) => name).sort(), [...tables, 'copy', 'revision'].sort());
      const [{ user_version: version }] = JSON.parse(sqlite(path, 'PRAGMA user_version'));
      assert.equal(Number(record.sql('SELECT version FROM record')), version);
    }));
});
