// SPDX-License-Identifier: ISC
// Backups of a directory that is written to: whole each time, restored as documented; and a file replaced under the daemon.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';

const canMount = process.getuid() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
const withOwn = fn => withStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 5 } }, fn);
const ask = (file, sql) => execFileSync('sqlite3', [file, sql], { encoding: 'utf8' }).trim();

/* Runs the documented command while everything goes on; resolves with its exit status and stderr. */
function backup(stack, out) {
  const child = spawn(rollcalld, ['-c', stack.path('rollcall.conf'), '--backup', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', text => (stderr += text));
  return new Promise(done => child.on('close', status => done({ status, stderr })));
}

const put = (stack, ws, prefix, count) =>
  fcgi.callMany(
    stack.address,
    count,
    i => ({
      method: 'PUT',
      target: `/v1/admin/workspaces/${ws}/members/${prefix}${i}`,
      body: {},
      token: stack.admin,
    }),
    4,
  );

describe('a backup', { concurrency: 3 }, () => {
  it('made while many write is whole each time, and has what was there before', () =>
    withOwn(async stack => {
      const [u0] = await stack.room(1);
      await put(stack, u0.ws, 'before', 50);
      const writeMeanwhile = async prefix => {
        let busy = true;
        const writing = put(stack, u0.ws, prefix, 1000).finally(() => (busy = false));
        for (let made = 0; busy || made < 3; made++) {
          const out = stack.path(`backup-${made % 2}.db`);
          assert.deepEqual(await backup(stack, out), { status: 0, stderr: '' });
          assert.equal(ask(out, 'PRAGMA integrity_check'), 'ok');
          assert.equal(ask(out, 'PRAGMA foreign_key_check'), '');
          assert.equal(ask(out, `SELECT count(*) FROM member WHERE user LIKE 'before%'`), '50');
          assert.ok(!existsSync(`${out}-wal`) && !existsSync(`${out}.part`), 'it is one file');
          assert.equal(statSync(out).mode & 0o777, 0o600, 'that others cannot read');
        }
        return writing;
      };
      let statuses = await writeMeanwhile('during');
      if (statuses[503]) {
        await pause(10000); // a worker was suspended while it wrote; until then the other waits for nobody
        statuses = await writeMeanwhile('again');
      }
      assert.deepEqual(statuses, { 201: 1000 }, 'nobody who wrote was kept from it');
    }));

  it('that is put in place as documented brings back what there was', () =>
    withOwn(async stack => {
      const [u0, u1] = await stack.room(2);
      await u0.ask('POST', 'dms', { body: { participants: ['u1'] } });
      await stack.adm('PUT', '/webhooks/crm', { body: { url: 'https://app.example.org/', active: false } });
      assert.equal((await backup(stack, stack.path('backup.db'))).status, 0);
      await stack.adm('DELETE', '/webhooks/crm');
      await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u1`);
      await stack.adm('PUT', '/workspaces/made-later', { body: {} });
      await stack.stopDaemon();
      for (const end of ['-wal', '-shm']) rmSync(stack.path(`rollcall.db${end}`), { force: true });
      copyFileSync(stack.path('backup.db'), stack.path('rollcall.db'));
      chmodSync(stack.path('rollcall.db'), 0o640);
      stack.startDaemon();
      await stack.ready();
      assert.equal((await u1.ask('GET', 'dms')).body.dms.length, 1, 'tokens, members and conversations');
      assert.equal((await stack.adm('GET', '/workspaces/made-later')).status, 404);
      assert.equal((await stack.adm('GET', '/webhooks/crm')).body.url, 'https://app.example.org/');
      assert.equal(ask(stack.path('rollcall.db'), 'PRAGMA integrity_check'), 'ok');
    }));

  it('is refused if it would overwrite the database, or cannot be written, with the reason', () =>
    withOwn(async stack => {
      const own = await backup(stack, stack.path('rollcall.db'));
      assert.equal(own.status, 1);
      assert.match(own.stderr, /rollcall\.db: is the database itself/);
      const nowhere = await backup(stack, stack.path('nowhere', 'backup.db'));
      assert.equal(nowhere.status, 1);
      assert.match(nowhere.stderr, /nowhere.*No such file/);
      assert.equal(ask(stack.path('rollcall.db'), 'PRAGMA integrity_check'), 'ok');
    }));

  it('onto a disk that is full leaves the older one alone, and names that disk', { skip: !canMount && 'nothing can be mounted here' }, () =>
    withOwn(async stack => {
      const disk = stack.path('disk');
      mkdirSync(disk);
      const script = `mount -t tmpfs -o size=1M none "${disk}" && "$R" -c "$C" --backup "${disk}/backup.db" &&
        { head -c 1M /dev/zero >"${disk}/rest"; "$R" -c "$C" --backup "${disk}/backup.db"; echo "exit $?"; } &&
        ls "${disk}" && sqlite3 "${disk}/backup.db" 'PRAGMA integrity_check'`;
      const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script], {
        encoding: 'utf8',
        env: { ...process.env, R: rollcalld, C: stack.path('rollcall.conf') },
      });
      assert.match(stdout, /exit 1\nbackup\.db\nrest\nok\n$/);
      assert.match(stderr, /disk\/backup\.db\.part: .*full/);
    }));

  it('leaves an older one alone if it fails', () =>
    withOwn(async stack => {
      assert.equal((await backup(stack, stack.path('backup.db'))).status, 0);
      const before = statSync(stack.path('backup.db')).ino;
      await stack.stopDaemon();
      execFileSync('sh', ['-c', 'head -c 8192 /dev/zero > "$1"', 'sh', stack.path('rollcall.db')]);
      const failed = await backup(stack, stack.path('backup.db'));
      assert.equal(failed.status, 1, failed.stderr);
      assert.equal(statSync(stack.path('backup.db')).ino, before);
      assert.equal(ask(stack.path('backup.db'), 'PRAGMA integrity_check'), 'ok');
      copyFileSync(stack.path('backup.db'), stack.path('rollcall.db'));
      stack.startDaemon();
      await stack.ready();
    }));
});

describe('a database file that was replaced under the daemon', () => {
  it('is noticed within two seconds: 503, and a sentence that says what to do; presence goes on', () =>
    withOwn(async stack => {
      const [u0] = await stack.room(1);
      const { session } = await u0.join();
      await backup(stack, stack.path('backup.db'));
      await stack.adm('PUT', `/workspaces/${u0.ws}/members/lost`, { body: {} });
      renameSync(stack.path('backup.db'), stack.path('rollcall.db'));
      const refused = await until(async () => {
        const answer = await stack.adm('PUT', '/workspaces/late', { body: {} });
        return answer.status >= 500 && answer;
      }, 'a write is refused', 8000);
      assert.deepEqual([refused.status, refused.body.code], [503, 'directory_unavailable']);
      const unready = await until(async () => { // each worker looks once a second
        const answer = await stack.req('GET', '/readyz');
        return answer.status !== 200 && answer;
      }, '/readyz says so');
      assert.deepEqual([unready.status, unready.body.code], [503, 'directory_unavailable']);
      assert.match(unready.body.directory, /replaced or removed.*restart rollcalld/);
      for (const [method, path] of [
        ['GET', '/workspaces'],
        ['GET', '/tokens'],
        ['DELETE', `/workspaces/${u0.ws}`],
      ])
        await until( // each worker looks for itself, once a second
          async () => (await stack.adm(method, path)).status === 503,
                    `${method} ${path} is refused`,
        );
      for (const end of ['-wal', '-shm']) rmSync(stack.path(`rollcall.db${end}`), { force: true });
      await stack.restart();
      assert.equal((await u0.beat(session)).status, 200);
      assert.equal((await stack.adm('GET', `/workspaces/${u0.ws}/members/lost`)).status, 404);
    }));
});
