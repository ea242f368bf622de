// SPDX-License-Identifier: ISC
// The directory's file: many writers, shells beside them, disks that are full, files that are broken or replaced. Presence
// goes on while it cannot be written.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';

const asRoot = process.getuid() === 0;
const nobody = 65534;

const withOwn = (options, fn) => withStack({ conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10 }, ...options }, fn);

/* It waits for its turn, as the daemon does. */
const shell = (stack, sql) =>
  execFileSync('sqlite3', ['-cmd', '.timeout 20000', stack.path('rollcall.db'), sql], { encoding: 'utf8' }).trim();

/* COUNT members put one by one, over four kept connections; all again if a worker stood still while it held the database. */
async function putMembers(stack, ws, count) {
  const put = i => ({
    method: 'PUT',
    target: `/v1/admin/workspaces/${ws}/members/m${i}`,
    body: { name: `Member ${i}` },
    token: stack.admin,
  });
  const { 200: again = 0, 201: made = 0, ...others } = await until(async () => {
    const statuses = await fcgi.callMany(stack.address, count, put, 4);
    return !statuses[503] && statuses;
  }, 'all are put');
  assert.deepEqual([made + again, others], [count, {}]);
}

/* Runs FN while a shell has the database for itself to write. */
async function whileHeld(stack, fn) {
  const holder = spawn('sqlite3', ['-cmd', '.timeout 20000', stack.path('rollcall.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    holder.stdin.write("BEGIN IMMEDIATE; SELECT 'held';\n");
    await once(holder.stdout, 'data');
    await fn();
  } finally {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
}

/* How long it takes to call FN 40 times, ms. */
async function forty(fn) {
  const began = performance.now();
  for (let i = 0; i < 40; i++) await fn(i);
  return performance.now() - began;
}

/* Each would wait for half a second, 20 s together; and a machine that is busy is as busy while nobody holds the database. */
const assertNotHeldUp = (took, usual) => assert.ok(took < 10000 + 3 * usual, `${took} ms, where ${usual} ms is usual`);

describe('the directory', { concurrency: 3 }, () => {
  it('keeps nobody waiting who only asks whether all is well, while another program writes', () =>
    withOwn({}, async stack => {
      const [u0] = await stack.room(1);
      const { session } = await u0.join();
      const ask = async () => {
        const [ready, beat] = await Promise.all([stack.req('GET', '/readyz'), u0.beat(session)]);
        assert.ok([200, 503].includes(ready.status));
        assert.equal(beat.status, 200);
      };
      const usual = await forty(ask);
      await whileHeld(stack, async () => {
        assertNotHeldUp(await forty(ask), usual);
        const held = await until(async () => {
          const ready = await stack.req('GET', '/readyz');
          return ready.body.code === 'directory_unavailable' && ready.body;
        }, 'after a while it is said');
        assert.match(held.directory, /held by another writer/);
      });
      await stack.ready();
    }));

  it('is waited for a moment, not by each request again, while another program writes', () =>
    withOwn({}, async stack => {
      const [u0] = await stack.room(1);
      const { session } = await u0.join();
      const put = name => stack.adm('PUT', `/workspaces/${u0.ws}/members/${name}`, { body: {} });
      const putting = expected => async i => {
        const [{ status, body }, beat] = await Promise.all([put(`m${i}`), u0.beat(session)]);
        assert.deepEqual([status, body.code], expected);
        assert.equal(beat.status, 200);
      };
      const usual = await forty(putting([201, undefined]));
      await whileHeld(stack, async () =>
        assertNotHeldUp(await forty(putting([503, 'directory_unavailable'])), usual),
      );
      assert.equal((await put('new')).status, 201, 'and works at once when it is free');
    }));

  it('is waited for by a worker that was suspended meanwhile, as if it had not been', () =>
    withOwn({}, async stack => {
      const [u0] = await stack.room(1);
      for (let attempt = 1; ; attempt++) {
        let put;
        await whileHeld(stack, async () => {
          put = stack.adm('PUT', `/workspaces/${u0.ws}/members/new`, { body: {} });
          await pause(50);
          const [worker] = stack.workers();
          process.kill(worker, 'SIGSTOP');
          await pause(700);
          process.kill(worker, 'SIGCONT');
          await pause(50);
        });
        const { status } = await put;
        if (status === 201 || attempt === 3) return assert.equal(status, 201);
        await stack.restart(); // this test was suspended, too
      }
    }));

  it('keeps its log small while polls are parked', () =>
    withOwn({}, async stack => {
      const [u0] = await stack.room(1);
      const since = await u0.cursor();
      const polls = Array.from({ length: 50 }, () => u0.poll({ since, user: 'u0' }));
      await until(async () => (await stack.parked()) === 50, 'they are parked');
      await putMembers(stack, u0.ws, 3000); // the fault was seen with 20,000
      const wal = statSync(stack.path('rollcall.db-wal')).size;
      assert.ok(wal < 8 * 2 ** 20, `the log has ${wal} bytes`);
      assert.equal(
        shell(stack, 'PRAGMA wal_checkpoint(TRUNCATE)').split('|')[0],
        '0',
        'a checkpoint is not kept waiting',
      );
      polls.forEach(one => one.abort());
    }));

  it('misses nothing that any worker wrote, seen from a shell and after a restart', () =>
    withOwn({ workers: 4 }, async stack => {
      const [u0] = await stack.room(1);
      await putMembers(stack, u0.ws, 400);
      const count = `SELECT count(*) FROM member WHERE user LIKE 'm%'`;
      assert.equal(shell(stack, count), '400');
      await stack.restart();
      assert.equal(shell(stack, count), '400');
      assert.equal((await stack.adm('GET', `/workspaces/${u0.ws}`)).body.members, 401);
      assert.equal(shell(stack, 'PRAGMA integrity_check'), 'ok');
    }));

  it('is known to all workers at once when something was taken away', () =>
    withOwn({ workers: 4 }, async stack => {
      const [u0] = await stack.room(1);
      const ask = () =>
        Promise.all(Array.from({ length: 16 }, () => u0.ask('GET', 'status').then(({ status }) => status)));
      assert.deepEqual(new Set(await ask()), new Set([200]));
      await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u0`);
      assert.deepEqual(new Set(await ask()), new Set([403]));
      await stack.addMember(u0.ws, 'u0');
      assert.deepEqual(new Set(await ask()), new Set([200]));
    }));

  it('can be backed up while it is in use', () =>
    withOwn({}, async stack => {
      const [u0] = await stack.room(1);
      const writing = putMembers(stack, u0.ws, 500);
      shell(stack, `.backup '${stack.path('backup.db')}'`);
      await writing;
      assert.equal(
        execFileSync('sqlite3', [stack.path('backup.db'), 'PRAGMA integrity_check'], {
          encoding: 'utf8',
        }).trim(),
        'ok',
      );
    }));

  it('that was replaced under the daemon is noticed: no write is claimed that is not in the file', () =>
    withOwn({}, async stack => {
      const [u0] = await stack.room(1);
      await stack.stopDaemon();
      copyFileSync(stack.path('rollcall.db'), stack.path('other.db'));
      stack.startDaemon();
      await stack.ready();
      for (const file of readdirSync(stack.dir).filter(name => name.startsWith('rollcall.db-')))
        rmSync(stack.path(file));
      renameSync(stack.path('other.db'), stack.path('rollcall.db'));
      const answer = await until(
        async () => {
          const put = await stack.adm('PUT', `/workspaces/${u0.ws}/members/late`, { body: {} });
          return put.status !== 503 && put;
        },
        'the daemon opens the new file, or says 503 until it is restarted',
        4000,
      ).catch(() => ({ status: 503 }));
      if (answer.status !== 503)
        assert.equal(
          shell(stack, `SELECT count(*) FROM member WHERE user = 'late'`),
          '1',
          'what was claimed is there',
        );
      await stack.restart();
      assert.equal((await u0.ask('GET', 'status')).status, 200);
    }));

  it('that was replaced, so that nobody can be identified, makes nobody offline', () =>
    withOwn({ conf: { ttl: 3, heartbeat: 1, wait: 1, gap: 1 } }, async stack => {
      const [u0] = await stack.room(1);
      const { session } = await u0.join();
      const published = await stack.changesOf(u0.ws);
      const files = ['rollcall.db', 'rollcall.db-wal', 'rollcall.db-shm'].map(name => stack.path(name));
      files.forEach(file => renameSync(file, `${file}.aside`));
      copyFileSync(`${files[0]}.aside`, files[0]);
      await until(async () => (await u0.beat(session)).status === 503, 'the beat is refused');
      const refused = Date.now();
      await until(async () => {
        assert.equal((await u0.beat(session)).status, 503);
        return Date.now() - refused > 5000;
      }, 'the lease is over');
      files.forEach(file => renameSync(`${file}.aside`, file));
      await until(async () => (await u0.beat(session)).status === 200, 'the beat is taken');
      assert.equal((await u0.beat(session, { status: 'away' })).status, 200);
      await until(() => published.length > 0, 'the change is published');
      assert.deepEqual(published.map(({ message }) => message.split(' ')[2]), ['away']);
    }));

  it('of a newer schema than is known is refused', () =>
    withOwn({}, async stack => {
      await stack.stopDaemon();
      const version = Number(shell(stack, 'PRAGMA user_version'));
      assert.ok(version > 0);
      shell(stack, `PRAGMA user_version = ${version + 1}`);
      const { status, stderr } = spawnSync(rollcalld, ['-c', stack.path('rollcall.conf')], {
        encoding: 'utf8',
        timeout: 10000,
      });
      assert.notEqual(status, 0);
      assert.match(stderr, /rollcall\.db.*(newer|schema|version)/s);
      shell(stack, `PRAGMA user_version = ${version}`);
      stack.startDaemon();
      await stack.ready();
    }));

  it('that cannot be used at start is named with the reason', () =>
    withOwn({}, async stack => {
      await stack.stopDaemon();
      const drop = asRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
      const closed = stack.path('closed');
      mkdirSync(closed);
      copyFileSync(stack.path('rollcall.db'), join(closed, 'rollcall.db'));
      chmodSync(join(closed, 'rollcall.db'), 0o444);
      chmodSync(closed, 0o555);
      const corrupt = stack.path('corrupt.db');
      writeFileSync(corrupt, Buffer.alloc(8192, 'not a database '));
      const places = {
        [stack.path('nowhere', 'rollcall.db')]: /nowhere/,
        [closed]: /closed/,
        [join(closed, 'rollcall.db')]: /closed.*(read|right|perm|writ)/is,
        [corrupt]: /corrupt\.db.*(database|corrupt)/is,
      };
      for (const [database, reason] of Object.entries(places)) {
        stack.writeConf({ database, listen: stack.path('second.sock') });
        const [program, ...args] = [...drop, rollcalld, '-c', stack.path('rollcall.conf')];
        const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 10000 });
        assert.notEqual(status, 0, database);
        assert.match(stderr, reason, database);
      }
      chmodSync(closed, 0o755);
      stack.writeConf({ database: stack.path('rollcall.db'), listen: stack.address });
      stack.startDaemon();
      await stack.ready();
    }));

  it('whose page is corrupt at run time refuses writes, and presence goes on', () =>
    withOwn({}, async stack => {
      const [u0] = await stack.room(1);
      const { session } = await u0.join();
      await putMembers(stack, u0.ws, 200);
      shell(stack, 'PRAGMA wal_checkpoint(TRUNCATE)');
      const fd = openSync(stack.path('rollcall.db'), 'r+');
      const { size } = statSync(stack.path('rollcall.db'));
      for (let at = 4096; at < size; at += 4096) writeSync(fd, Buffer.alloc(100, 0xff), 0, 100, at);
      const put = await until(async () => {
        const answer = await stack.adm('PUT', `/workspaces/${u0.ws}/members/late`, { body: {} });
        return answer.status >= 500 && answer;
      }, 'a write meets the corruption').catch(() => null);
      if (put) assert.ok([503, 507].includes(put.status), `${put.status}`);
      const beat = await u0.beat(session);
      assert.ok([200, 503].includes(beat.status), `${beat.status}`);
      assert.equal((await stack.req('GET', '/healthz')).status, 200);
    }));

  /* A file system of 1 MiB that only the daemon sees, in a mount namespace of its own, with a copy of the database in it. */
  const small = [
    'unshare',
    ...(asRoot ? ['-m'] : ['-Urm']),
    'sh',
    '-c',
    'mount -t tmpfs -o size=1m,mode=0777 none "$ROLLCALL_SMALL" && cp "$ROLLCALL_FROM" "$ROLLCALL_SMALL" && exec "$@"',
    'sh',
  ];
  const canMount = spawnSync('unshare', [...small.slice(1, -4), 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

  it(
    'whose disk is full refuses writes, presence goes on, and it recovers',
    { skip: !canMount && 'no file system can be mounted here' },
    () =>
      withOwn({}, async stack => {
        const [u0] = await stack.room(1);
        const { session } = await u0.join();
        shell(stack, 'PRAGMA wal_checkpoint(TRUNCATE)');
        await stack.stopDaemon();
        mkdirSync(stack.path('small'));
        stack.options.prefix = small;
        stack.options.env = { ROLLCALL_SMALL: stack.path('small'), ROLLCALL_FROM: stack.path('rollcall.db') };
        stack.writeConf({ database: stack.path('small', 'rollcall.db') });
        stack.startDaemon();
        await stack.ready();
        const put = i =>
          stack.adm('PUT', `/workspaces/${u0.ws}/members/late${i}`, { body: { name: 'x'.repeat(200) } });
        assert.equal((await put(0)).status, 201);
        const junk = join(`/proc/${stack.daemon.pid}/root`, stack.path('small', 'junk'));
        const fd = openSync(junk, 'w');
        assert.throws(
          () => {
            for (;;) writeSync(fd, Buffer.alloc(1024));
          },
          { code: 'ENOSPC' },
        );
        closeSync(fd);
        let refused;
        for (let i = 1; i < 300 && !refused; i++) {
          const answer = await put(i);
          if (answer.status !== 201) refused = answer;
        }
        assert.ok([503, 507].includes(refused?.status), `${refused?.status}`);
        assert.equal((await u0.beat(session)).status, 200);
        assert.deepEqual(await u0.sees('u0'), { u0: 'active' });
        rmSync(junk);
        await until(async () => (await put(1000)).status === 201, 'it recovers');
        await stack.ready();
      }),
  );
});
