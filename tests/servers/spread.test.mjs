// SPDX-License-Identifier: ISC
// Two machines: rollcalld in two network namespaces, one Redis in a third, and nginx in front of both in turn. What is
// true of one daemon is true of both together, and when one of them dies under load.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Child, removeDirectory } from '../lib/child.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { newSession } from '../lib/person.mjs';
import { confText, rollcalld, Stack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

const sh = (...argv) => execFileSync(argv[0], argv.slice(1), { stdio: 'pipe' });
/* Namespaces of this process alone: its id is in their names and in their addresses. */
const id = process.pid % 200;
const net = n => `10.${200 + n}.${id}`;
const name = n => `rollcall-${process.pid}-${n}`;
const may = () =>
  spawnSync('ip', ['netns', 'add', name('try')]).status === 0 &&
    spawnSync('ip', ['netns', 'del', name('try')]).status === 0;

const key = randomBytes(32).toString('hex');

/* What a host application signs for USER. */
function jwt(user) {
  const part = value => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: user, exp: Math.floor(Date.now() / 1000) + 600 })}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

const interfaces = n => [`rc${process.pid % 10000}h${n}`, `rc${process.pid % 10000}n${n}`];

/* A namespace N with an interface that leads to this one and back. */
function makeNamespace(n) {
  const [here, there] = interfaces(n);
  sh('ip', 'netns', 'add', name(n));
  sh('ip', 'link', 'add', here, 'type', 'veth', 'peer', 'name', there);
  sh('ip', 'link', 'set', there, 'netns', name(n));
  sh('ip', 'addr', 'add', `${net(n)}.1/24`, 'dev', here);
  sh('ip', 'link', 'set', here, 'up');
  sh('ip', 'netns', 'exec', name(n), 'ip', 'addr', 'add', `${net(n)}.2/24`, 'dev', there);
  sh('ip', 'netns', 'exec', name(n), 'ip', 'link', 'set', there, 'up');
  sh('ip', 'netns', 'exec', name(n), 'ip', 'link', 'set', 'lo', 'up');
}

/* A stack of two daemons, whose web server is nginx in front of both. */
class Spread extends Stack {
  daemons = [];

  async openBoth() {
    const { startRedis } = await import('../lib/redis.mjs');
    for (const n of [1, 2]) makeNamespace(n);
    const port = await freePort();
    this.redisServer = await startRedis('--port', String(port), '--bind', '0.0.0.0', '--protected-mode', 'no');
    chmodSync(this.dir, 0o777);
    writeFileSync(this.path('jwt.key'), key);
    for (const n of [1, 2]) this.startOne(n, port);
    this.daemon = this.daemons[1];
    this.admins = [1, 2].map(n => this.runOne(n, '--new-admin-token', 'tests'));
    this.admin = this.admins[0];
    await this.startNginx();
    await until(async () => (await this.req('GET', '/readyz')).status === 200, 'both are ready');
    for (const n of [1, 2])
      await until(
        () => fcgi.call(`${net(n)}.2:9000`, 'GET', '/readyz').then(({ status }) => status === 200),
                `daemon ${n}`,
      );
  }

  /* One file for both is for one machine alone; two machines have a database each: see docs/DEPLOY.md. */
  startOne(n, redisPort) {
    const file = this.path(`rollcall-${n}.conf`);
    const conf = {
      listen: `${net(n)}.2:9000`,
      workers: 1,
      database: this.path(this.options.separate ? `rollcall-${n}.db` : 'rollcall.db'),
      auth: ['token', 'jwt'],
      jwt: { key_file: this.path('jwt.key') },
      redis: `redis://${net(n)}.1:${redisPort}/0`,
      rate_limit: 0,
      ...{ ttl: 60, heartbeat: 30, wait: 10, gap: 5, leave_grace: 1, closed_grace: 1 },
    };
    writeFileSync(file, confText(conf));
    this.daemons[n] = new Child(['ip', 'netns', 'exec', name(n), rollcalld, '-c', file], {
      log: this.path(`rollcalld-${n}.log`),
      cwd: this.dir,
    });
  }

  runOne(n, ...args) {
    const argv = ['netns', 'exec', name(n), rollcalld, '-c', this.path(`rollcall-${n}.conf`), ...args];
    return execFileSync('ip', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  async startNginx() {
    const own = this.path('nginx');
    mkdirSync(own);
    this.port = await freePort();
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map(t => `${t}_temp_path ${own}/${t};`)
      .join(' ');
    writeFileSync(
      join(own, 'nginx.conf'),
            `user root; daemon off; pid ${own}/pid; error_log ${own}/error.log;
events { worker_connections 2000; }
http { access_log off; ${temps}
  upstream rollcall {
    least_conn;
    server ${net(1)}.2:9000 max_fails=1 fail_timeout=2s;
    server ${net(2)}.2:9000 max_fails=1 fail_timeout=2s;
    keepalive 16;
  }
  server { listen 127.0.0.1:${this.port};
    location /rollcall/ {
      include /etc/nginx/fastcgi_params;
      fastcgi_split_path_info ^(/rollcall)(/.*)$;
      fastcgi_param SCRIPT_NAME $fastcgi_script_name;
      fastcgi_param PATH_INFO $fastcgi_path_info;
      fastcgi_keep_conn on;
      fastcgi_connect_timeout 1s;
      fastcgi_next_upstream error timeout non_idempotent;
      fastcgi_read_timeout 60s;
      fastcgi_pass rollcall;
    } } }
`,
    );
    this.nginx = new Child(['nginx', '-c', join(own, 'nginx.conf')], {
      log: this.path('nginx.log'),
      cwd: this.dir,
    });
  }

  async close() {
    await Promise.all([...this.followers].map(follower => follower.stop().catch(() => {})));
    await this.nginx?.stop('SIGTERM', 3000);
    for (const daemon of this.daemons) await daemon?.kill();
    await this.redisServer?.stop();
    for (const n of [1, 2]) {
      spawnSync('ip', ['link', 'del', interfaces(n)[0]]);
      spawnSync('ip', ['netns', 'del', name(n)]);
    }
    removeDirectory(this.dir);
  }
}

/* Asks daemon N, past nginx. */
const askAt = (n, method, path, { body, token } = {}) => fcgi.call(`${net(n)}.2:9000`, method, path, { token, body });

const asRoot = process.getuid() === 0 && may();

describe('two daemons on one Redis', { skip: asRoot ? false : 'network namespaces cannot be made here' }, () => {
  let spread;
  before(async () => {
    spread = new Spread({ web: 'nginx', mount: '/rollcall' });
    await spread.openBoth();
  });
  after(() => spread?.close());

  const at = (n, method, path, { user, ...options } = {}) =>
    askAt(n, method, path, { token: spread.tokens.get(user), ...options });

  it('tell the same, whichever is asked', async () => {
    const [u0, u1] = await spread.room(2);
    const path = what => `/v1/workspaces/${u0.ws}/${what}`;
    const { body: joined } = await at(1, 'POST', path('join'), { user: u0.user, body: {} });
    const seen = await at(2, 'GET', path('status'), { user: u1.user });
    assert.deepEqual(
      seen.body.users.map(({ user, status }) => [user, status]),
      [[u0.user, 'active']],
    );
    const parked = at(2, 'GET', path(`stream?since=${seen.body.cursor}`), { user: u1.user });
    await pause(200);
    await at(1, 'POST', path('heartbeat'), { user: u0.user, body: { session: joined.session, status: 'away' } });
    assert.deepEqual(
      (await parked).body.changes.map(({ user, status }) => [user, status]),
      [[u0.user, 'away']],
    );
    assert.equal(
      (await at(1, 'GET', path(`stream?since=${seen.body.cursor}&wait=0`), { user: u1.user })).body.changes
        .length,
      1,
    );
  });

  it('end the older poll of a session in whichever it is parked, and a member removed at one is gone at the other', async () => {
    const [u0] = await spread.room(1);
    const path = what => `/v1/workspaces/${u0.ws}/${what}`;
    const { session, cursor } = (await at(1, 'POST', path('join'), { user: u0.user, body: {} })).body;
    const poll = n => at(n, 'GET', path(`stream?since=${cursor}&session=${session}`), { user: u0.user });
    const isParked = n => until(async () => /^rollcall_parked_polls 1$/m.test((await at(n, 'GET', '/metrics')).body), `a poll waits at ${n}`);
    const older = poll(1);
    await isParked(1);
    const newer = poll(2);
    const began = performance.now();
    assert.equal((await older).status, 200);
    assert.ok(performance.now() - began < atMost(7000)); // it would wait for 10 s
    await isParked(2);
    await spread.admDone('DELETE', `/workspaces/${u0.ws}/members/${u0.user}`);
    assert.equal((await newer).status, 403);
  });

  it('lose nothing but the polls in it when one is killed under load', async () => {
    const [u0, u1, u2] = await spread.room(3);
    const { session } = await u0.join();
    const followers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? u1 : u2).follow()));
    let going = true;
    const statuses = {};
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        const mine = newSession();
        while (going) {
          const { status } = await u1.beat(mine).catch(error => ({ status: error.code }));
          statuses[status] = (statuses[status] ?? 0) + 1;
          await pause(5);
        }
      }),
    );
    const told = [];
    for (let i = 0; i < 12; i++) {
      if (i === 4) await spread.daemons[2].kill();
      const status = i % 2 ? 'active' : 'away';
      await until(async () => (await u0.beat(session, { status })).status === 200, 'a beat that is taken');
      told.push(status);
      await pause(150);
    }
    going = false;
    await load;
    for (const one of followers) {
      await until(
        () => one.told(u0.user).length === told.length || one.told(u0.user).at(-1) === told.at(-1),
        'all changes',
        15000,
      );
      /* A change that was overtaken while its reader asked again is told as what came of it: never out of order, never twice. */
      const seen = one.told(u0.user);
      assert.ok(seen.length >= 4 && seen.length <= told.length, JSON.stringify(seen));
      assert.ok(
        seen.every((status, i) => i === 0 || status !== seen[i - 1]),
        JSON.stringify(seen),
      );
      assert.equal(one.resyncs, 0);
      await one.stop();
    }
    const failed = Object.entries(statuses).filter(([status]) => status !== '200');
    const total = Object.values(statuses).reduce((sum, count) => sum + count, 0);
    const lost = failed.reduce((sum, [, count]) => sum + count, 0);
    assert.ok(lost <= 20 && total > 40, `${lost} of ${total}: ${JSON.stringify(statuses)}`);
    assert.deepEqual(await u1.sees(u0.user), { [u0.user]: told.at(-1) });
  });
});

describe(
  'two daemons with a database each',
  { skip: asRoot ? false : 'network namespaces cannot be made here' },
  () => {
    it('tell the same of members that both were told of, who are known by what the application signs', async () => {
      const spread = new Spread({ web: 'nginx', mount: '/rollcall', separate: true });
      try {
        await spread.openBoth();
        for (const n of [1, 2]) {
          const tell = (method, path, body) =>
            askAt(n, method, `/v1/admin${path}`, { token: spread.admins[n - 1], body });
          assert.equal((await tell('PUT', '/workspaces/acme', { name: 'Acme' })).status, 201);
          for (const user of ['ada', 'bob'])
            assert.equal((await tell('PUT', `/workspaces/acme/members/${user}`, {})).status, 201);
        }
        const path = what => `/v1/workspaces/acme/${what}`;
        const { cursor } = (await askAt(2, 'GET', path('status'), { token: jwt('bob') })).body;
        const parked = askAt(2, 'GET', path(`stream?since=${cursor}`), { token: jwt('bob') });
        await pause(200);
        assert.equal((await askAt(1, 'POST', path('join'), { token: jwt('ada'), body: {} })).status, 201);
        assert.deepEqual(
          (await parked).body.changes.map(({ user, status }) => [user, status]),
          [['ada', 'active']],
        );
        for (let i = 0; i < 6; i++) {
          const { status, body } = await spread.req('GET', path('status'), { token: jwt('bob') });
          assert.deepEqual([status, body.users.length], [200, 1]);
        }
      } finally {
        await spread.close();
      }
    });
  },
);
