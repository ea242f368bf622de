// SPDX-License-Identifier: ISC
// rollcalld --init creates what a first start needs, with the right owner, and leaves existing files alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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
      assert.match(stdout, /^ {3}\/\S+\/EXISTING-SITE\.md\.$/m, 'where the guide is');
    }));

  it('says what is in the way', () => {
    const missing = spawnSync(rollcalld, ['-c', '/nonexistent/x/rollcall.conf', '--init'], { encoding: 'utf8' });
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /\/nonexistent\/x.*create/);
  });

  it('says that a path is too long for a configuration', () =>
    withDirectory(async ({ path }) => {
      const deep = path(Array(7).fill('x'.repeat(200)).join('/'));
      mkdirSync(deep, { recursive: true });
      const { status, stderr } = spawnSync(rollcalld, ['-c', join(deep, 'rollcall.conf'), '--init'], { encoding: 'utf8' });
      assert.equal(status, 1);
      assert.match(stderr, /^rollcalld: the path is too long: \/\S+x$/m);
      assert.ok(!existsSync(join(deep, 'rollcall.conf')));
    }));

  it('goes no further with a configuration that is wrong, or a database that is not one', () =>
    withDirectory(async ({ conf, run, path }) => {
      writeFileSync(conf, 'listen = 7\n');
      const wrong = run('--init');
      assert.equal(wrong.status, 1);
      assert.match(wrong.stderr, /^rollcalld: .*rollcall\.conf:1: listen/m);
      assert.ok(!existsSync(path('jwt.key')));
      writeFileSync(conf, `database = "${path('a.db')}"\njwt { key_file = "${path('a.key')}" }\n`);
      writeFileSync(path('a.db'), 'a diary, in which nobody may write but me\n'.repeat(100));
      const diary = run('--init');
      assert.equal(diary.status, 1);
      assert.match(diary.stderr, /a\.db is damaged or not an SQLite database/);
      assert.equal(tokenIn(diary.stdout), undefined);
    }));

  it('makes no key for an algorithm that needs a pair of them', () =>
    withDirectory(async ({ conf, run, path }) => {
      writeFileSync(conf, `database = "${path('a.db')}"\njwt { algorithm = "ES256" key_file = "${path('a.key')}" }\n`);
      const { status, stdout } = run('--init');
      assert.equal(status, 0);
      assert.ok(tokenIn(stdout) && !existsSync(path('a.key')));
      assert.match(stdout, /algorithm = "ES256"/);
    }));

  it('fails if nobody can read what it prints, and says how to get another token', () =>
    withDirectory(async ({ dir, conf, run }) => {
      const full = openSync('/dev/full', 'w');
      const unread = spawnSync(rollcalld, ['-c', conf, '--init'], { encoding: 'utf8', stdio: ['ignore', full, 'pipe'] });
      closeSync(full);
      assert.equal(unread.status, 1);
      assert.match(unread.stderr, /cannot print the result: No space left on device.*--new-admin-token/);
      assert.equal(administrators(dir), 1);
      assert.equal(run('--new-admin-token', 'again').status, 0);
    }));
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

describe('rollcalld --init of somebody who may not do everything', { skip: asRoot }, () => {
  const runAs = (prefix, ...args) => spawnSync(prefix[0], [...prefix.slice(1), rollcalld, ...args], { encoding: 'utf8' });
  const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nogroup}`, '--clear-groups'];
  const without = capability => ['setpriv', `--bounding-set=-${capability}`];

  it("says that the directory is somebody else's, or missing", () =>
    withDirectory(async ({ dir, conf }) => {
      chmodSync(dir, 0o755);
      const others = runAs(asNobody, '-c', conf, '--init');
      assert.equal(others.status, 1);
      assert.match(others.stderr, /cannot create .*rollcall\.conf: Permission denied; run this as root, or name a file of your own/);
      const missing = runAs(asNobody, '-c', join(dir, 'none/rollcall.conf'), '--init');
      assert.equal(missing.status, 1);
      assert.match(missing.stderr, /the directory of .*none\/rollcall\.conf: No such file or directory; create it first/);
    }));

  it('says that root of a container cannot become the user of the database, or give files away', () =>
    withDirectory(async ({ dir, conf, path }) => {
      chownSync(dir, nobody, nogroup);
      const kept = runAs(without('chown'), '-c', conf, '--init');
      assert.equal(kept.status, 1);
      assert.match(kept.stderr, /cannot write .*rollcall\.conf: Operation not permitted/);
      assert.ok(!existsSync(conf), 'and leaves nothing half done');
      const stays = runAs(without('setuid'), '-c', conf, '--init');
      assert.equal(stays.status, 1);
      assert.match(stays.stderr, /the database belongs to nobody.*cannot become that user: Operation not permitted; run it as/);
      assert.ok(!existsSync(path('rollcall.db')));
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

  it('says which directory cannot be made or given away', () => {
    const nobodys = `install -d -o ${nobody} -g ${nogroup} /var/lib/rollcall`;
    const unmade = run(`${nobodys} && mount -t tmpfs -o ro none /run && "$R" --init`);
    assert.equal(unmade.status, 1);
    assert.match(unmade.stderr, /cannot create the directory \/run\/rollcall: Read-only file system/);
    const kept = run(`${nobodys} && setpriv --bounding-set=-chown "$R" --init`);
    assert.equal(kept.status, 1);
    assert.match(kept.stderr, /cannot give the directory \/run\/rollcall to the daemon's user: Operation not permitted/);
  });

  it('says that the disk is full, and leaves nothing half written', () => {
    const full = `mount -t tmpfs -o size=4k none /mnt && mkdir /mnt/d && chown ${nobody} /mnt/d &&
      { head -c 4096 /dev/zero >/mnt/rest; "$R" -c /mnt/d/rollcall.conf --init; echo "exit $?"; ls /mnt/d; }`;
    const { stdout, stderr } = run(full);
    assert.match(stderr, /cannot write \/mnt\/d\/rollcall\.conf: No space left on device/);
    assert.equal(stdout, 'exit 1\n');
  });
});
