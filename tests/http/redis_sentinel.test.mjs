// SPDX-License-Identifier: ISC
// Redis with Sentinel: the master is found and followed, whatever single sentinels say, and a failover costs nobody their
// status.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../lib/certificates.mjs';
import { makeDirectory, removeDirectory } from '../lib/child.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { master, promotion, Sentinel, settled, startHerald, startNode, startWatched, tell } from '../lib/sentinels.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';
import { pause, quickOnce, until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

const times = { ttl: 30, heartbeat: 10, wait: 5, gap: 5 };

const url = (sentinels, { secret = '', query = '' } = {}) =>
  `redis-sentinel://${secret}${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/0?master=${encodeURIComponent(master)}${query}`;

const ready = stack => fcgi.call(stack.address, 'GET', '/readyz');
const saysWhy = async stack => JSON.stringify((await ready(stack)).body);

/* Beats, and looks at everybody's status, until stopped. Fills SEEN. */
function watch([one, other], session) {
  const seen = { refused: 0, taken: 0, untrue: [] };
  let stopped = false;
  const run = (async () => {
    while (!stopped) {
      const [{ status }, all] = await Promise.all([one.beat(session), other.ask('GET', 'status')]);
      assert.ok([200, 503].includes(status), `a beat: ${status}`);
      seen[status === 200 ? 'taken' : 'refused'] = performance.now();
      if (all.status === 200) seen.untrue.push(...all.body.users.filter(user => user.status !== 'active'));
      await pause(10);
    }
  })();
  return { seen, stop: () => ((stopped = true), run) };
}

/* How often the workers of STACK have found the master at NODE. */
const found = (stack, node) => stack.log().split(`master at 127.0.0.1 port ${node.port}\n`).length - 1;

/*
 * Runs FAIL, after which NODE becomes the master, while PEOPLE go on. Resolves with the ms from the promotion until the last
 * beat that was refused.
 */
async function failover(stack, people, session, node, fail) {
  const before = found(stack, node);
  const watching = watch(people, session);
  try {
    const [at] = await Promise.all([promotion(node), fail()]);
    await until(() => found(stack, node) >= before + 2, 'both workers have followed', 20000);
    const since = performance.now();
    await until(() => watching.seen.taken > since, 'beats are taken');
    assert.deepEqual(watching.seen.untrue, [], 'everybody stays active');
    return Math.round(Math.max(watching.seen.refused - at, 0));
  } finally {
    await watching.stop();
  }
}

describe('Redis with Sentinel', () => {
  let dir, tls, watched;
  const secrets = { password: 'd@ta', sentinelPassword: 's@nt' };

  before(async () => {
    dir = makeDirectory();
    const authority = new Authority(dir);
    tls = { ca: authority.ca, ...authority.sign('node', 'IP:127.0.0.1') };
    watched = await startWatched({ tls, ...secrets });
  });
  after(async () => {
    await watched?.stop();
    removeDirectory(dir);
  });

  const withSentinels = (fn, redis) => withStack({ workers: 2, conf: { ...times, redis } }, fn);
  const right = (query = '&sentinel_password=s%40nt') =>
    url(watched.sentinels, { secret: ':d%40ta@', query: `&tls=yes&sentinel_tls=yes&ca=${tls.ca}${query}` });

  it('masters that are killed, demoted and stopped, with TLS everywhere: nobody goes offline', () =>
    withSentinels(async stack => {
      const people = await stack.room(3);
      const [{ session }] = await Promise.all(people.map(person => person.join()));
      const nodeUp = async node => Number((await stack.req('GET', '/metrics')).body.match(`rollcall_redis_node_up{node="127.0.0.1:${node.port}"} (\\d+)`)?.[1]);
      const kinds = {
        'was killed': async (first, second) => {
          await until(async () => (await nodeUp(first)) === 2, 'metrics name the master');
          const ms = await failover(stack, people, session, second, () => first.kill());
          await until(async () => (await nodeUp(first)) === 0 && (await nodeUp(second)) === 2, 'metrics name the new one');
          await first.start();
          await tell(first, 'REPLICAOF', '127.0.0.1', second.port);
          return ms;
        },
        'was demoted': (first, second) => {
          const demote = () => watched.sentinels[0].call('SENTINEL', 'FAILOVER', master);
          return failover(stack, people, session, second, () => until(demote, 'the replica is found good', 30000));
        },
        'hung': (first, second) =>
          failover(stack, people, session, second, () => process.kill(first.pid, 'SIGSTOP')).finally(() => process.kill(first.pid, 'SIGCONT')),
      };
      for (const [what, fail] of Object.entries(kinds)) {
        const ms = await quickOnce(async () => fail(...(await settled(watched))), 2000, { loose: 8000 });
        console.log(`# a master ${what}: the last beat was refused ${ms} ms after the promotion`);
      }

      const since = await people[1].cursor();
      const poll = people[1].poll({ since });
      await until(async () => (await people[0].leave(session, { now: true })).status === 204, 'a leave is taken');
      const { body } = await poll;
      assert.deepEqual(body.changes.map(change => [change.user, change.status]), [['u0', 'offline']]);
    }, right()));

  it('says what is wrong with the sentinels', async () => {
    const cases = [
      [right(''), /no sentinel says where it is: 127\.0\.0\.1:\d+: NOAUTH/, /write sentinel_password= into redis/],
      [right('&sentinel_password=wrong'), /no sentinel says where it is: 127\.0\.0\.1:\d+: WRONGPASS/, /correct sentinel_user= and sentinel_password=/],
      [right().replace('sentinel_tls=yes', 'sentinel_tls=no'), /no sentinel says where it is: 127\.0\.0\.1:\d+: .*(Redis closed it|reset)/, /write sentinel_tls=yes into redis/],
      [right().replace('master=my', 'master=no'), /it does not know a master named no master/, /correct master= in redis/],
      [right().replace('&tls=yes', '&tls=no'), /the (command|channel) connection was lost: .*(Redis closed it|reset)/, /speaks TLS/],
      [right().replace(/&ca=[^&]*/, ''), /certificate of 127\.0\.0\.1 is not trusted here .*; set ca=/, /./],
      [right().replace('d%40ta', 'wrong'), /AUTH: WRONGPASS/, /correct the user or the password in redis/],
    ];
    for (const [redis, sentence, advice] of cases)
      await withStack({ web: null, conf: { redis } }, async stack => {
        await until(async () => assert.match(await saysWhy(stack), sentence) ?? true, 'readyz says why');
        assert.doesNotMatch(stack.log(), /d@ta|s@nt|%40/);
        const { stdout } = spawnSync(rollcalld, ['-c', stack.path('rollcall.conf'), '--doctor'], { encoding: 'utf8' });
        const said = stdout.match(/^BAD +redis +(.*)$/m)?.[1] ?? '';
        assert.match(said, sentence);
        assert.match(said, advice);
      });
  });
});

describe('sentinels that are of no use', () => {
  let watched, stale;

  before(async () => {
    watched = await startWatched({ count: 1 });
    /* It was told of the replica, and never finds enough others to agree on anything else. */
    stale = await Sentinel.start(watched.nodes[1].port, { quorum: 9 });
  });
  after(async () => {
    await stale?.stop();
    await watched?.stop();
  });

  const withSentinels = (sentinels, fn) =>
    withStack({ web: null, conf: { ...times, redis: url(sentinels) } }, fn);
  const becomesReady = stack => until(async () => (await ready(stack)).status === 200, 'it is ready');

  it('one that is dead, one that hangs and one that names a replica do not matter', async () => {
    const hung = await Sentinel.start(watched.nodes[1].port, { quorum: 9 });
    try {
      hung.child.signal('SIGSTOP');
      await withSentinels([hung, { port: await freePort() }, stale, watched.sentinels[0]], async stack => {
        await becomesReady(stack);
        assert.match(stack.log(), new RegExp(`master at 127\\.0\\.0\\.1 port ${watched.nodes[0].port}`));
        const { stdout } = spawnSync(rollcalld, ['-c', stack.path('rollcall.conf'), '--doctor'], { encoding: 'utf8' });
        assert.match(stdout, /^ok +redis .*it is a master/m);
        assert.match(stdout, /^BAD +redis +2 of 4 sentinels answer; start the others/m);
      });
    } finally {
      hung.child.signal('SIGCONT');
      await hung.stop();
    }
  });

  it('says it if they name a replica alone', () =>
    withSentinels([stale], stack =>
      until(async () => assert.match(await saysWhy(stack), /it is a replica \(role slave\)/) ?? true, 'readyz says why')));

  it('that nobody answers is said though they hang', async () => {
    const hung = await Sentinel.start(watched.nodes[0].port, { quorum: 9 });
    try {
      hung.child.signal('SIGSTOP');
      await withSentinels([hung, { port: await freePort() }], async stack => {
        const silent = `127\\.0\\.0\\.1:${hung.port}: it has not answered, 127\\.0\\.0\\.1:\\d+: .*Connection refused`;
        await until(() => new RegExp(`no sentinel says where it is: ${silent}`).test(stack.log()), 'it is said');
        hung.child.signal('SIGCONT');
        await becomesReady(stack);
      });
    } finally {
      hung.child.signal('SIGCONT');
      await hung.stop();
    }
  });

  it('five that name three different servers do not matter, and the master is not left', async () => {
    const other = await startNode({ of: watched.nodes[0] });
    const ports = [watched.nodes[1], watched.nodes[1], other, other, watched.nodes[0]].map(({ port }) => port);
    const five = await Promise.all(ports.map(startHerald));
    try {
      await withSentinels(five, async stack => {
        await becomesReady(stack);
        const answering = async () => (await fcgi.call(stack.address, 'GET', '/metrics')).body.match(/^rollcall_redis_sentinels (\d+)$/m)[1];
        await until(async () => (await answering()) === '5', 'all have answered');
        await pause(4500); // that they name others is believed after 3 s
        assert.doesNotMatch(stack.log(), /is the master now/);
        assert.equal((await ready(stack)).status, 200);
      });
    } finally {
      await Promise.all([...five, other].map(one => one.stop()));
    }
  });

  it('a user of theirs needs few rights', async () => {
    const [sentinel] = watched.sentinels;
    await sentinel.call('ACL', 'SETUSER', 'rollcall', 'on', '>s@ntinel', 'resetchannels', '&+switch-master', '-@all',
      '+sentinel|get-master-addr-by-name', '+subscribe', '+unsubscribe');
    const redis = url([sentinel], { query: '&sentinel_user=rollcall&sentinel_password=s%40ntinel' });
    await withStack({ web: null, conf: { ...times, redis } }, async stack => {
      await becomesReady(stack);
      /* It is asked every 2 s: so long, everything is allowed. */
      const connected = async () => Number((await sentinel.call('CLIENT', 'LIST')).match(/age=(\d+).* sub=1 .*user=rollcall/)?.[1]);
      await until(async () => (await connected()) >= 3, 'the connection stays');
      assert.doesNotMatch(stack.log(), /a sentinel is not available: .*(NOPERM|NOAUTH)/);
    });
  });

  it('Redis goes on without any of them', async () => {
    const own = await Sentinel.start(watched.nodes[0].port, { quorum: 9 });
    try {
      await withSentinels([own], async stack => {
        const answering = async () => (await fcgi.call(stack.address, 'GET', '/metrics')).body.match(/^rollcall_redis_sentinels (\d+)$/m)[1];
        await becomesReady(stack);
        await until(async () => (await answering()) === '1', 'it is counted');
        own.child.signal('SIGKILL');
        await until(() => /a sentinel is not available: 127\.0\.0\.1:\d+: /.test(stack.log()), 'it is missed');
        await until(async () => (await answering()) === '0', 'it is counted no more');
        assert.equal((await ready(stack)).status, 200);
      });
    } finally {
      await own.stop();
    }
  });

  it('a master is left if they name another one, though nobody told of a switch', async () => {
    const [one, other] = [await startNode(), await startNode()];
    const own = await Sentinel.start(one.port);
    try {
      await withSentinels([own], async stack => {
        await becomesReady(stack);
        await own.call('SENTINEL', 'REMOVE', master);
        await own.call('SENTINEL', 'MONITOR', master, '127.0.0.1', other.port, 2);
        await until(() => stack.log().includes(`say that 127.0.0.1 port ${other.port} is the master now`), 'it is left');
        await becomesReady(stack);
      });
    } finally {
      await Promise.all([own, one, other].map(each => each.stop()));
    }
  });
});
