// SPDX-License-Identifier: ISC
// rollcalld --init creates what a first start needs, with the right owner, and leaves existing files alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { Child, makeDirectory, removeDirectory } from '../lib/child.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { newJwt, now } from '../lib/jwt.mjs';
import { startRedis } from '../lib/redis.mjs';
import { rollcalld } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const [nobody, nogroup] = [65534, 65534];
const asRoot = process.getuid() === 0 ? false : 'only root can';

/* Runs FN with a directory, and a way to run rollcalld with the configuration in it. */
async function withDirectory(fn) {
  const dir = makeDirectory();
  const conf = join(dir, 'rollcall.conf');
  const run = (...args) => spawnSync(rollcalld, ['-c', conf, ...args], { encoding: 'utf8' });
  try {
    await fn({ dir, conf, run, path: name => join(dir, name) });
  } finally {
    removeDirectory(dir);
  }
}

const tokenIn = text => /^token=(rc_\w{43})$/m.exec(text)?.[1];
const administrators = dir =>
  Number(spawnSync('sqlite3', [join(dir, 'rollcall.db'), 'SELECT count(*) FROM token WHERE admin'], { encoding: 'utf8' }).stdout);

describe('rollcalld --init', () => {
  it('makes all that a daemon needs which admits an administrator, and whom the key signs for', () =>
    withDirectory(async ({ dir, conf, run, path }) => {
      const { status, stdout, stderr } = run('--init');
      assert.deepEqual([status, stderr], [0, '']);
      assert.equal(run('-t').stdout, `${conf}: ok\n`);
      const redis = await startRedis();
      writeFileSync(conf, readFileSync(conf, 'utf8').replace(/^redis .*$/m, `redis = "unix:${redis.socket}"`));
      const daemon = new Child([rollcalld, '-c', conf], { log: path('log'), cwd: dir });
      try {
        const ask = (method, what, options) => fcgi.call(path('rollcall.sock'), method, what, options);
        await until(async () => (await ask('GET', '/readyz')).status === 200, 'it is ready');
        const token = tokenIn(stdout);
        assert.equal((await ask('PUT', '/v1/admin/workspaces/acme', { token, body: {} })).status, 201);
        const key = readFileSync(path('jwt.key'), 'utf8').trimEnd();
        const claims = { sub: 'ann', rollcall_workspaces: ['acme'], exp: now() + 60 };
        const joined = await ask('POST', '/v1/workspaces/acme/join', { token: newJwt(claims, key), body: {} });
        assert.equal(joined.status, 201);
      } finally {
        await daemon.stop();
        await redis.stop();
      }
    }));

  it('keeps what is there, and makes what is missing', () =>
    withDirectory(async ({ dir, conf, run, path }) => {
      assert.equal(run('--init').status, 0);
      const before = ['rollcall.conf', 'jwt.key'].map(name => readFileSync(path(name), 'utf8'));
      const again = run('--init');
      assert.equal(again.status, 0);
      assert.deepEqual(
        ['rollcall.conf', 'jwt.key'].map(name => readFileSync(path(name), 'utf8')),
        before,
      );
      assert.match(again.stdout, new RegExp(`^kept {2}${conf}$`, 'm'));
      assert.doesNotMatch(again.stdout, /^made/m);
      assert.equal(tokenIn(again.stdout), undefined);
      assert.equal(administrators(dir), 1);
      spawnSync('rm', [path('jwt.key')]);
      assert.match(run('--init').stdout, /^made {2}.*\/jwt\.key$/m);
    }));

  it('goes by a configuration that is there, and says which lines are for JWTs', () =>
    withDirectory(async ({ conf, run, path }) => {
      const own = `listen = "${path('a.sock')}"\ndatabase = "${path('a.db')}"\njwt { key_file = "${path('a.key')}" }\n`;
      writeFileSync(conf, own);
      const { status, stdout } = run('--init');
      assert.equal(status, 0);
      assert.equal(readFileSync(conf, 'utf8'), own);
      assert.ok(existsSync(path('a.db')) && existsSync(path('a.key')) && !existsSync(path('jwt.key')));
      assert.match(stdout, /auth = \{"token", "jwt"\}/);
    }));

  it('prints the lines of each web server that is installed, with the socket and the module in them', () =>
    withDirectory(async ({ run, path }) => {
      const { stdout } = run('--init');
      const lines = {
        '/etc/nginx': `server unix:${path('rollcall.sock')};`,
        '/etc/apache2': `ProxyPass "/presence/" "unix:${path('rollcall.sock')}|fcgi://rollcall/"`,
        '/etc/lighttpd': `"socket"       => "${path('rollcall.sock')}"`,
        '/etc/caddy': `reverse_proxy unix/${path('rollcall.sock')} {`,
      };
      for (const [directory, line] of Object.entries(lines))
        assert.equal(stdout.includes(line), existsSync(directory), line);
      assert.doesNotMatch(stdout, /example\.org:|rollcall\.example\.org|server_name|\/usr\/share\/rollcall\/www/);
      assert.match(stdout, /<rollcall-session url="\/presence"/);
    }));

  it('says what is in the way', () => {
    const missing = spawnSync(rollcalld, ['-c', '/nonexistent/x/rollcall.conf', '--init'], { encoding: 'utf8' });
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /\/nonexistent\/x.*create/);
  });
});

describe("root's commands", { skip: asRoot }, () => {
  /* A directory of nobody's, with what root's --init made in it. */
  const withNobodys = fn =>
    withDirectory(async at => {
      chownSync(at.dir, nobody, nogroup);
      const made = at.run('--init');
      assert.deepEqual([made.status, made.stderr], [0, '']);
      await fn(at);
    });
  const owner = path => [statSync(path).uid, statSync(path).gid, (statSync(path).mode & 0o777).toString(8)];

  it("make files that are the daemon's to use, and not its to change", () =>
    withNobodys(async ({ path }) => {
      assert.deepEqual(owner(path('rollcall.db')), [nobody, nogroup, '640']);
      for (const name of ['rollcall.conf', 'jwt.key']) assert.deepEqual(owner(path(name)), [0, nogroup, '640']);
    }));

  it('make a token as the user of the database, whoever types them', () =>
    withNobodys(async ({ dir, run, path }) => {
      const { status, stdout } = run('--new-admin-token', 'second');
      assert.equal(status, 0);
      assert.match(stdout, /^rc_\w{43}\n$/);
      assert.equal(administrators(dir), 2);
      for (const name of ['rollcall.db', 'rollcall.db-wal', 'rollcall.db-shm'])
        if (existsSync(path(name))) assert.equal(statSync(path(name)).uid, nobody, name);
    }));

  it('check what that user can read, not what root can', () =>
    withNobodys(async ({ conf, run, path }) => {
      assert.equal(run('-t').status, 0);
      chmodSync(path('jwt.key'), 0o600);
      assert.match(run('-t').stderr, /jwt\.key cannot be read/);
      chmodSync(path('jwt.key'), 0o640);
      chmodSync(conf, 0o600);
      assert.match(run('-t').stderr, /rollcall\.conf: nobody, the daemon's user, cannot read it; run chgrp/);
    }));
});

/* The usual places, empty and our own: only this process and what it starts sees them. */
const canMount = process.getuid() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

describe('rollcalld --init without -c', { skip: !canMount && 'nothing can be mounted here' }, () => {
  const [, usual] = /\((\/\S+\/rollcall\.conf)\)/.exec(spawnSync(rollcalld, ['-h'], { encoding: 'utf8' }).stdout);
  const etc = dirname(dirname(usual));
  const places = `mkdir -p ${etc} && mount -t tmpfs none /var/lib && mount -t tmpfs none /run && mkdir /run/etc &&
    cp /etc/passwd /etc/group /etc/nsswitch.conf /run/etc && mount --bind /run/etc ${etc}`;
  const run = script =>
    spawnSync('unshare', ['-m', 'sh', '-c', `${places} && ${script}`], {
      encoding: 'utf8',
      env: { ...process.env, R: rollcalld },
    });

  it('makes the directories of a package, for the user who has the one of the database', () => {
    const list = `stat -c "%n %u %a" ${dirname(usual)} /run/rollcall /var/lib/rollcall /var/lib/rollcall/rollcall.db`;
    const { status, stdout, stderr } = run(`install -d -o ${nobody} -g ${nogroup} /var/lib/rollcall && "$R" --init && ${list}`);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^made {2}\/run\/rollcall$/m);
    assert.match(stdout, /^\/run\/rollcall 65534 750$/m);
    assert.match(stdout, /^\/var\/lib\/rollcall\/rollcall\.db 65534 640$/m);
    assert.match(stdout, new RegExp(`^${dirname(usual)} 0 755$`, 'm'));
    assert.match(stdout, /^ +adduser \S+ nobody$/m);
    assert.match(stdout, /^ +rollcalld --doctor http:\/\/localhost\/presence$/m);
    assert.match(stdout, /^ +(systemctl enable --now redis-server rollcalld|runuser -u nobody -- rollcalld --syslog &)$/m);
  });

  it('makes them for the user rollcall if there is none of the database, and says so if that user does not exist', () => {
    const withUsers = (users, then) => run(`{ grep -v ^rollcall: /etc/passwd; ${users}; } >/run/passwd;
      mount --bind /run/passwd /etc/passwd && "$R" --init && ${then}`);
    const made = withUsers('echo rollcall:x:4711:4711::/:/bin/false', 'stat -c %u /var/lib/rollcall');
    assert.equal(made.status, 0, made.stderr);
    assert.match(made.stdout, /^4711$/m);
    const missing = withUsers('true', 'true');
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /the user "rollcall" does not exist; create it, then run this again:\n +adduser/);
  });
});
