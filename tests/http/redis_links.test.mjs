// SPDX-License-Identifier: ISC
// The connections to Redis: what start-up proves, and peers that close, cut or say nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { canMount, ownResolver, startNameServer } from '../lib/names.mjs';
import { startRedis } from '../lib/redis.mjs';
import { withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

const withOwn = (options, fn) => withStack({ conf: { ttl: 30, heartbeat: 10, wait: 2, gap: 5 }, ...options }, fn);

const notReady = stack =>
  until(
    async () => {
      const answer = await stack.req('GET', '/readyz');
      return answer.status === 503 && answer.body.ready === false && answer;
    },
    'readyz is 503',
    20000,
  );

const hasIpv6 = Object.values(networkInterfaces()).flat().some(({ address }) => address === '::1');

/* The same with another /etc/hosts. */
const ownHosts = ['unshare', '-m', 'sh', '-c', 'mount --bind "$ROLLCALL_HOSTS" /etc/hosts && exec "$@"', 'sh'];

/** Runs FN(stack, port) with rollcalld seeing HOSTS as /etc/hosts (getaddrinfo() puts 127.0.0.1 before other addresses), Redis listening on BIND, and REDIS in the configuration. */
const withHosts = (hosts, bind, redis, fn) => async () => {
  const port = await freePort();
  const beforeStart = stack => {
    writeFileSync(stack.path('hosts'), hosts);
    stack.options.prefix = ownHosts;
    stack.options.env = { ROLLCALL_HOSTS: stack.path('hosts') };
    stack.conf.redis = `redis://${redis}:${port}/0`;
  };
  const redisArgs = ['--port', String(port), '--bind', bind, '--protected-mode', 'no'];
  await withOwn({ redisArgs, beforeStart }, stack => fn(stack, port));
};

/* A server that takes no connection: it stands still, its queue is full, and so every further attempt waits. */
async function startMute(host, port) {
  const program = `require('net').createServer().listen({ host: '${host}', port: ${port}, backlog: 1 }, () => {
        require('fs').writeSync(1, 'listening');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    })`;
  const server = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(server.stdout, 'data');
  const fill = Array.from({ length: 8 }, () => connect(port, host).on('error', () => {}));
  const waits = () => fill.some(socket => socket.connecting);
  await pause(100);
  assert.ok(waits(), 'its queue is full');
  return () => {
    for (const socket of fill) socket.destroy();
    server.kill('SIGKILL');
  };
}

describe('the links to Redis', { concurrency: 4 }, () => {
  const rights = {
    channels: ['allkeys', '+@all', 'resetchannels'],
    scripts: ['allkeys', 'allchannels', '+@all', '-@scripting'],
    keys: ['resetkeys', 'allchannels', '+@all'],
  };
  const names = { channels: /channel|publish|subscribe/i, scripts: /script|eval/i, keys: /key|NOPERM/i };
  for (const [missing, rules] of Object.entries(rights)) {
    it(`name the missing right to ${missing}, and work once it is given`, async () => {
      const port = await freePort();
      await withOwn({ redisArgs: ['--port', String(port)] }, async stack => {
        await stack.redis('ACL', 'SETUSER', 'rollcall', 'on', '>a secret', ...rules);
        await stack.stopDaemon();
        stack.writeConf({ redis: `redis://rollcall:a%20secret@127.0.0.1:${port}/0` });
        stack.startDaemon();
        const { body } = await notReady(stack);
        assert.match(JSON.stringify(body), names[missing]);
        await until(
          () =>
            stack
              .log()
              .split('\n')
              .some(line => names[missing].test(line) && /NOPERM|lacks|right|permission/i.test(line)),
          'the log names it',
        );
        assert.ok(!stack.log().includes('secret'), 'and not the password');
        await stack.redis('ACL', 'SETUSER', 'rollcall', 'on', 'allkeys', 'allchannels', '+@all');
        await stack.ready();
        const [u0] = await stack.room(1);
        await u0.join();
      });
    });
  }

  it('warn of a policy by which Redis may evict presence', () =>
    withOwn({ redisArgs: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] }, async stack => {
      await until(() => /maxmemory-policy/.test(stack.log()), 'the log warns');
    }));

  const mounts = { skip: !canMount && 'no file can be mounted here' };
  const works = async stack => {
    const [u0] = await stack.room(1);
    await u0.join();
  };

  it(
    'find a Redis that listens on ::1 alone by the name localhost',
    { skip: (!canMount || !hasIpv6) && 'no IPv6, or no file can be mounted here' },
    withHosts('127.0.0.1 localhost\n::1 localhost\n', '::1', 'localhost', works),
  );

  it(
    'find a Redis that listens on 127.0.0.1 alone, though its name leads to ::1 too',
    mounts,
    withHosts('::1 localhost\n127.0.0.1 localhost\n', '127.0.0.1', 'localhost', works),
  );

  it(
    'try the next address of a name when nobody listens on the first',
    mounts,
    withHosts('127.0.0.1 redis.test\n127.0.0.2 redis.test\n', '127.0.0.2', 'redis.test', works),
  );

  it(
    'try the next address of a name when the first is silent, and again after a loss',
    mounts,
    withHosts('127.0.0.1 redis.test\n127.0.0.2 redis.test\n', '127.0.0.2', 'redis.test', async (stack, port) => {
      const stop = await startMute('127.0.0.1', port);
      try {
        await stack.redis('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await until(async () => (await stack.metric('rollcall_redis_reconnects_total')) > 0, 'it is back');
        await works(stack);
      } finally {
        stop();
      }
    }),
  );

  it(
    'try the next address of a name when a replica answers on the first',
    mounts,
    withHosts('127.0.0.1 redis.test\n127.0.0.2 redis.test\n', '127.0.0.2', 'redis.test', async (stack, port) => {
      const at = ['--port', String(port), '--bind', '127.0.0.1', '--protected-mode', 'no'];
      const replica = await startRedis(...at, '--replicaof', '127.0.0.2', String(port));
      try {
        await until(async () => /link_status:up/.test(await replica.call('INFO', 'replication')), 'it follows');
        await stack.redis('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await until(() => /it is a replica/.test(stack.log()), 'it was asked');
        await stack.ready();
        await works(stack);
      } finally {
        await replica.stop();
      }
    }),
  );

  it(
    'hold up nothing while a name server is silent, and come up once it answers',
    mounts,
    async () => {
      const port = await freePort();
      await withOwn({ redisArgs: ['--port', String(port)] }, async stack => {
        await stack.stopDaemon();
        const server = await startNameServer();
        try {
          writeFileSync(stack.path('resolv.conf'), `nameserver ${server.address}\noptions timeout:5 attempts:3\n`);
          stack.options.prefix = ownResolver;
          stack.options.env = { ROLLCALL_RESOLV: stack.path('resolv.conf') };
          stack.writeConf({ redis: `redis://redis.rollcall.test:${port}/0` });
          stack.startDaemon();
          await stack.ready();
          const [u0] = await stack.room(1);
          const { session } = await u0.join();
          server.answers = false;
          const asked = server.asked;
          await stack.redis('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
          await until(() => server.asked > asked, 'the name server is asked again');
          for (const from = Date.now(); Date.now() - from < 1500; ) {
            const sent = Date.now();
            assert.equal((await stack.req('GET', '/healthz')).status, 200);
            assert.equal((await u0.beat(session)).status, 503);
            assert.ok(Date.now() - sent < atMost(4000), 'answers come as ever'); // and not after 5 s
          }
          server.answers = true;
          await stack.ready();
          assert.equal((await u0.beat(session)).status, 200);
          await stack.stopDaemon();
        } finally {
          server.socket.close();
        }
        stack.options.prefix = [];
        stack.startDaemon();
        const { body } = await notReady(stack);
        assert.match(JSON.stringify(body), /its name cannot be resolved/);
      });
    },
  );

  it('come up when Redis does, and until then the daemon lives and says why it cannot work', () =>
    withOwn({ proxy: true }, async stack => {
      const [u0] = await stack.room(1);
      await stack.stopDaemon();
      stack.peer.accepting = 'close';
      stack.peer.drop();
      stack.startDaemon();
      const { body } = await notReady(stack);
      assert.match(JSON.stringify(body), /redis/i);
      assert.equal((await stack.req('GET', '/healthz')).status, 200);
      assert.equal((await u0.ask('POST', 'join', { body: {} })).status, 503);
      stack.peer.accepting = 'pass';
      await stack.ready();
      await until(async () => (await u0.ask('POST', 'join', { body: {} })).status === 201, 'a join is taken');
    }));

  it('back off from a peer that accepts and closes', () =>
    withOwn({ proxy: true }, async stack => {
      stack.peer.accepting = 'close';
      stack.peer.drop();
      const before = stack.peer.accepted;
      await pause(3000);
      const tries = stack.peer.accepted - before;
      assert.ok(tries >= 2 && tries < 60, `${tries} connections in 3 s`);
      stack.peer.accepting = 'pass';
      await stack.ready();
    }));

  it('that are cut again and again, at each point of a reply, leave every request one answer', () =>
    withOwn({ proxy: true }, async stack => {
      const people = await stack.room(6);
      let commands = 0;
      const statuses = {};
      stack.peer.rule = () => {
        commands++;
        if (commands % 7 === 0) return { cut: commands % 31 };
        return commands % 50 === 0 ? 'close' : 'pass';
      };
      const end = Date.now() + 8000;
      await Promise.all(
        people.map(async (one, i) => {
          while (Date.now() < end) {
            const { status } = await one.beat(`session-cut-${i}`, {
              status: Math.random() < 0.5 ? 'active' : 'away',
            });
            statuses[status] = (statuses[status] ?? 0) + 1;
          }
        }),
      );
      assert.deepEqual(
        Object.keys(statuses).filter(status => !['200', '503'].includes(status)),
        [],
        JSON.stringify(statuses),
      );
      stack.peer.rule = null;
      await stack.ready();
      /* A reply that was to be cut may still be on its way. */
      for (const [i, one] of people.entries()) await until(async () => (await one.beat(`session-cut-${i}`)).status === 200, 'beats are taken');
    }));

  it('that say nothing are dropped, what waits on them is refused, and then they come back', () =>
    withOwn({ proxy: true }, async stack => {
      const [u0] = await stack.room(1);
      stack.peer.rule = () => 'hang';
      const waiting = u0.beat('session-hung', {});
      const { status, ms } = await waiting;
      assert.equal(status, 503);
      assert.ok(ms < atMost(15000), `after ${ms} ms`);
      await notReady(stack);
      stack.peer.rule = null;
      await stack.ready();
      assert.equal((await u0.beat('session-hung')).status, 200);
    }));

  it('bear replies that are not Redis', () =>
    withOwn({ proxy: true }, async stack => {
      const [u0] = await stack.room(1);
      for (const answer of [
        'HTTP/1.1 400 Bad Request',
        '+OK',
        ':1',
        '$-1',
        '*-1',
        '*0',
        '$3\r\nabc',
        '-ERR unknown command',
        '*2\r\n:1\r\n$-1',
      ]) {
        stack.peer.answerAll(answer);
        const { status } = await u0.beat('session-odd');
        assert.ok(status === 503 || status === 500, `${answer}: ${status}`);
        stack.peer.rule = null;
        stack.peer.drop();
        await stack.ready(30000);
      }
    }));
});
