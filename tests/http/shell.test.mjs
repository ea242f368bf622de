// SPDX-License-Identifier: ISC
// A database that was changed in an administrator's shell: rows deleted without foreign keys, dumps restored, complete
// or not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { newSession } from '../lib/person.mjs';
import { withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30, wait: 20 };

/** What the shell says to INPUT, with ARGS. */
const sqlite = (path, input, ...args) => execFileSync('sqlite3', ['-batch', '-bail', '-cmd', '.timeout 20000', path, ...args], { input }).toString();

/** Puts the database that DUMP makes in the place of STACK's own, while nothing runs. */
function restore(stack, dump) {
  for (const suffix of ['', '-wal', '-shm']) rmSync(stack.path(`rollcall.db${suffix}`), { force: true });
  sqlite(stack.path('rollcall.db'), dump);
}

describe('a database that a shell was at', { concurrency: 4 }, () => {
  it('admits nobody to a workspace that was deleted there, also when one is made that is called so', () =>
    withStack({ workers: 2, conf }, async stack => {
      const [u0] = await stack.room(2);
      const poll = u0.poll({ since: await u0.cursor() });
      await until(async () => (await stack.parked()) === 1, 'it waits');
      sqlite(stack.path('rollcall.db'), `PRAGMA foreign_keys = OFF; DELETE FROM workspace WHERE id = '${u0.ws}'`);
      assert.equal((await poll).status, 403);
      const isOut = async () => (await u0.ask('GET', 'status')).status === 403;
      await until(isOut, 'a worker has noticed'); // within 100 ms; the commit below tells all
      assert.equal((await stack.adm('PUT', `/workspaces/${u0.ws}`, { body: {} })).status, 201);
      for (let i = 0; i < 8; i++) assert.ok(await isOut(), 'in each worker');
      assert.deepEqual((await stack.adm('GET', `/workspaces/${u0.ws}/members`)).body.members, []);
    }));

  it('has no rows that belong to nothing once it was started, and says how many there were', () =>
    withStack({ conf }, async stack => {
      const [u0] = await stack.room(1);
      await stack.stopDaemon();
      const path = stack.path('rollcall.db');
      sqlite(path, `PRAGMA foreign_keys = OFF; INSERT INTO member VALUES ('gone', 'u0', 'x', 'member', 1), ('gone', 'u9', 'x', 'member', 1)`);
      stack.startDaemon();
      await stack.ready();
      assert.equal(sqlite(path, 'SELECT count(*) FROM pragma_foreign_key_check').trim(), '0');
      assert.match(stack.log(), /held rows that refer to missing rows.*: 2 of member/);
      assert.equal((await u0.ask('GET', 'status')).status, 200);
    }));

  it('has no layers of a member who was deleted there', () =>
    withStack({ conf }, async stack => {
      const [u0, u1] = await stack.room(2);
      const path = stack.path('rollcall.db');
      for (const user of [u0.user, u1.user])
        sqlite(
          path,
          `INSERT INTO status (workspace, user, rev, changed_ms) VALUES ('${u0.ws}', '${user}', 1, 1);
           INSERT INTO layer (workspace, user, kind, text, set_ms) VALUES ('${u0.ws}', '${user}', 'base', 'mine', 1)`,
        );
      sqlite(path, `PRAGMA foreign_keys = OFF; DELETE FROM member WHERE user = '${u0.user}'`);
      assert.equal(sqlite(path, 'SELECT group_concat(user) FROM layer').trim(), u1.user);
      assert.equal(sqlite(path, 'SELECT group_concat(user) FROM status').trim(), u1.user);
    }));

  it('is taken with all that is in it when it is the dump of another, restored', () =>
    withStack({ conf }, async stack => {
      const [u0, u1] = await stack.room(3);
      await u0.ask('POST', 'dms', { body: { participants: ['u1'] } });
      await stack.adm('PUT', `/workspaces/${u0.ws}/dms/9`, { body: { participants: ['u0', 'u1', 'u2'], name: "O'Hara" } });
      const all = async () => ({
        me: (await stack.req('GET', '/v1/me', { user: 'u1' })).body,
        members: (await u1.ask('GET', 'members')).body.members,
        dms: (await u1.ask('GET', 'dms')).body.dms,
        tokens: (await stack.adm('GET', '/tokens')).body.tokens.map(({ id, user }) => [id, user]),
      });
      const before = await all();
      await stack.stopDaemon();
      restore(stack, sqlite(stack.path('rollcall.db'), '', '.dump'));
      assert.equal(sqlite(stack.path('rollcall.db'), 'PRAGMA user_version').trim(), '0');
      stack.startDaemon();
      await stack.ready();
      assert.deepEqual(await all(), before);
      assert.match(stack.log(), /is a restored dump of schema version \d/);
      const { body } = await stack.adm('POST', '/tokens', { body: { user: 'u0' } });
      assert.ok(before.tokens.every(([id]) => id < body.id), 'no id is given twice');
      await u0.join({ session: newSession() });
      await stack.restart();
    }));

  it('is refused when half a dump was restored, with what is missing and how to mend it', () =>
    withStack({ conf }, async stack => {
      await stack.room(1);
      await stack.stopDaemon();
      const whole = sqlite(stack.path('rollcall.db'), '', '.dump');
      const halves = {
        'lacks the table revision': whole.replace(/^(CREATE TABLE|INSERT INTO) revision\b.*?;$/gms, ''),
        'lacks the trigger token_removed': whole.replace(/CREATE TRIGGER token_removed.*?END;/s, ''),
      };
      for (const [missing, dump] of Object.entries(halves)) {
        restore(stack, dump);
        writeFileSync(stack.path('rollcalld.log'), '');
        stack.startDaemon();
        await until(() => stack.daemon.exit, 'it ends');
        assert.notEqual(stack.daemon.exit.code, 0);
        assert.ok(stack.log().includes(missing), stack.log());
        assert.match(stack.log(), /restore a backup, or a whole dump into a new file/);
      }
      restore(stack, whole);
      stack.startDaemon();
      await stack.ready();
    }));
});
