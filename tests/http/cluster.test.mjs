// SPDX-License-Identifier: ISC
// A Redis Cluster: each workspace is with the master that has its partition, moves with it, and is away only if that is.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { startCluster } from '../lib/cluster.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { startPeer } from '../lib/peer.mjs';
import { startRedis } from '../lib/redis.mjs';
import { rollcalld, startStack, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

/* What /metrics says of each server: by its address { up, calls_total, ... }. */
async function nodeFigures(stack) {
  const figures = {};
  for (const [, what, node, value] of (await stack.req('GET', '/metrics')).body.matchAll(/^rollcall_redis_node_(\w+)\{node="([^"]+)"\} (.*)$/gm))
    (figures[node] ??= {})[what] = Number(value);
  return figures;
}

const times = { ttl: 60, heartbeat: 10, wait: 15, gap: 10 };

describe('a Redis Cluster', () => {
  let cluster, stack;
  const rooms = []; // workspaces of which no two have the same master, each with two people who are here

  async function openRoom() {
    const [ann, bob] = await stack.room(2);
    const partition = await cluster.partitionOf(ann.ws);
    const master = await cluster.masterOf(partition);
    return { ann, bob, partition, master };
  }

  before(async () => {
    cluster = await startCluster();
    stack = await startStack({ workers: 2, web: 'nginx', conf: { ...times, redis: cluster.url } });
    await until(async () => (await stack.metric('rollcall_redis_partitions_up')) === 2 * 64, 'both workers have all partitions');
    while (rooms.length < 3) {
      const room = await openRoom();
      if (rooms.some(({ master }) => master === room.master)) continue;
      room.sessions = [await room.ann.join(), await room.bob.join()].map(({ session }) => session);
      rooms.push(room);
    }
  });
  after(async () => {
    await stack?.stop();
    await cluster?.stop();
  });

  const beats = ({ ann, bob, sessions }) => Promise.all([ann.beat(sessions[0]), bob.beat(sessions[1])]);
  const codesOf = async room => (await beats(room)).map(({ status }) => status);
  const works = room => until(async () => (await codesOf(room)).every(code => code === 200), 'beats are taken', 20000);
  const readyz = async () => (await stack.req('GET', '/readyz')).body;
  const everybodyIsHere = async () => {
    for (const { ann } of rooms) {
      const { body } = await until(async () => {
        const answer = await ann.ask('GET', 'status'); // 503 of a worker that has not found the partition yet
        return answer.status === 200 && answer;
      }, 'it is told who is here');
      assert.deepEqual(body.users.map(({ user, status }) => [user, status]), [['u0', 'active'], ['u1', 'active']]);
    }
  };

  it('has each workspace with the master of its partition, and its news on sharded channels there', async () => {
    for (const { ann, partition, master } of rooms) {
      const prefix = `rollcall:{${partition}}:`;
      assert.equal(await master.call('EXISTS', `${prefix}${ann.ws}:state`, `${prefix}due`), 2);
      const channels = await master.call('PUBSUB', 'SHARDCHANNELS', `${prefix}*`);
      assert.equal(channels.filter(name => name.startsWith(`${prefix}worker:`)).length, 2, 'one of each worker');
      assert.ok(channels.includes(`${prefix}own`));
      await ann.sees();
      await until(async () => (await master.call('PUBSUB', 'SHARDCHANNELS', `${prefix}*:changes`)).length > 0, 'a view listens');
      assert.deepEqual(await master.call('PUBSUB', 'CHANNELS'), []);
    }
    assert.equal(await stack.metric('rollcall_redis_partitions_up'), 2 * 64, 'both workers count partitions');
    assert.equal(await stack.metric('rollcall_redis_servers_up'), 2 * 3);
    const figures = await nodeFigures(stack);
    for (const { master } of rooms) {
      const figure = figures[`127.0.0.1:${master.port}`];
      assert.equal(figure.up, 2, 'both workers are connected to it');
      assert.ok(figure.calls_total > 0 && figure.seconds_total > 0);
    }
    assert.equal(Object.keys(figures).length, 3);
    await everybodyIsHere();
  });

  it('tells waiting polls of both workers at once', async () => {
    for (const { ann, bob, sessions } of rooms) {
      const since = await ann.cursor();
      const polls = [ann, bob, ann, bob].map(one => one.poll({ since }));
      await until(async () => (await stack.parked()) >= polls.length, 'all are parked');
      await bob.beat(sessions[1], { status: 'away' });
      for (const { body } of await Promise.all(polls))
        assert.deepEqual(body.changes.map(({ user, status }) => [user, status]), [['u1', 'away']]);
      await bob.beat(sessions[1], { status: 'active' });
    }
  });

  it('refuses a partition while its keys are on their way, and no other; nobody goes offline', async () => {
    const [room, ...others] = rooms;
    const since = await room.ann.cursor();
    room.master = await cluster.move(room.partition, async () => {
      assert.deepEqual(await codesOf(room), [503, 503]);
      for (const other of others) assert.deepEqual(await codesOf(other), [200, 200]);
      const said = new RegExp(`^partition ${room.partition} of 64: on the way`);
      await until(async () => said.test((await readyz()).redis), 'readyz says which, whichever worker is asked');
    });
    await works(room);
    await everybodyIsHere();
    await until(async () => (await readyz()).redis === 'ok', 'all is well');
    const isResync = async () => (await room.ann.poll({ since, wait: 0 })).body.resync;
    await until(isResync, 'what was known of it is not continued, by either worker');
    assert.equal(await room.master.call('EXISTS', `rollcall:{${room.partition}}:${room.ann.ws}:state`), 1);
  });

  it('tells of what happens after a partition has moved', async () => {
    const [{ ann, bob, sessions }] = rooms;
    const follower = await ann.follow(); // the other worker may begin its view again only now, which ends a poll
    await until(async () => (await stack.parked()) > 0, 'it is parked');
    await until(async () => (await bob.beat(sessions[1], { status: 'away' })).status === 200, 'bob is away');
    await follower.saw('u1', 'away');
    await follower.stop();
    await bob.beat(sessions[1], { status: 'active' });
  });

  it('goes on with the replica of a master that was killed; nobody goes offline', async () => {
    const [, room, other] = rooms;
    const replica = await cluster.replicaOf(room.master);
    await room.master.kill();
    const said = new RegExp(`partitions? .*\\b${room.partition}\\b.* of 64: Redis is not available at`);
    await Promise.all([
      until(async () => (await codesOf(room)).every(code => code === 503), 'its beats are refused'),
      until(async () => said.test((await readyz()).redis), 'readyz says which'),
    ]);
    assert.deepEqual(await codesOf(other), [200, 200]);
    await works(room);
    await everybodyIsHere();
    await until(async () => (await cluster.masterOf(room.partition)) === replica, 'all servers know it');
    await until(async () => {
      const { [`127.0.0.1:${room.master.port}`]: old, [`127.0.0.1:${replica.port}`]: heir } = await nodeFigures(stack);
      return old.up === 0 && heir.up === 2 && heir.calls_total > 0;
    }, 'metrics tell the one from the other');
    await until(async () => (await readyz()).redis === 'ok', 'all is well');
    await room.master.start();
    room.master = replica;
    await works(room);
  });

  it('answers only the workspaces of a master that stays away with 503, and ends their polls', async () => {
    const [, room, other] = rooms;
    const replica = await cluster.replicaOf(room.master);
    const channel = `rollcall:{${room.partition}}:${room.ann.ws}:changes`;
    await until(async () => {
      await Promise.all(Array.from({ length: 20 }, () => room.ann.sees()));
      return (await room.master.call('PUBSUB', 'SHARDNUMSUB', channel))[1] === 2;
    }, 'both workers have a view of it');
    const polls = [room, other].map(({ ann }) => ann.cursor().then(since => ann.poll({ since })));
    await until(async () => (await stack.parked()) >= 2, 'both are parked');
    await replica.kill();
    await room.master.kill();
    const ended = await polls[0];
    assert.equal(ended.status, 503);
    assert.ok(ended.headers['retry-after']);
    assert.deepEqual(await codesOf(other), [200, 200]);
    assert.equal((await polls[1]).status, 200);
    assert.deepEqual(await other.ann.sees(), { u0: 'active', u1: 'active' });
    assert.deepEqual(await room.ann.sees(), { u0: 'active', u1: 'active' }, 'as it was last known');
    await room.master.start();
    await until(async () => (await readyz()).redis === 'ok', 'it is back', 20000);
  });

  const doctor = redis => {
    stack.writeConf({ redis });
    return spawnSync(rollcalld, ['-c', stack.path('rollcall.conf'), '--doctor'], { encoding: 'utf8' }).stdout;
  };

  it('is told from a single Redis, with a sentence that says what to write', async () => {
    const single = await startRedis('--port', await freePort());
    const [, port] = await single.call('CONFIG', 'GET', 'port');
    assert.match(doctor(cluster.url), /^ok +redis +it is a cluster, and scripts and channels work on its 3 servers$/m);
    assert.match(doctor(`redis-cluster://127.0.0.1:${port}`), /not part of a Redis Cluster: write redis:\/\//);
    const node = rooms.find(({ partition }) => partition !== 0).master;
    const other = (await cluster.masterOf(0)) === node ? rooms[2].master : node;
    assert.match(doctor(`redis://127.0.0.1:${other.port}`), /is part of a Redis Cluster: write redis-cluster:\/\//);
    await single.stop();
  });

  it('has every server prove the rights of its user', async () => {
    const { port } = rooms[2].master;
    for (const right of ['ssubscribe', 'spublish', 'exists']) {
      for (const node of cluster.nodes.filter(({ isAlive }) => isAlive)) {
        const less = node.port === port ? [`-${right}`] : [];
        await node.call('ACL', 'SETUSER', 'rollcall', 'reset', 'on', '>secret', '~rollcall:*', '&rollcall:*', '+@all', ...less);
      }
      const said = doctor(cluster.url.replace('//', '//rollcall:secret@'));
      assert.match(said, new RegExp(`127\\.0\\.0\\.1:${port}: the Redis user lacks: \\+${right};`));
      assert.doesNotMatch(said, /secret/);
    }
  });
});

describe('a Redis Cluster of IPv6 addresses', () => {
  it('is reached, and its servers are named with brackets', async () => {
    const cluster = await startCluster({ host: '::1' });
    try {
      await withStack({ workers: 1, web: null, conf: { ...times, redis: cluster.url } }, async stack => {
        await until(() => stack.log().match(/Redis is available at \[::1\]:\d+$/gm)?.length === 3, 'all masters are available');
        assert.match(stack.run('--doctor'), /^ok +redis +it is a cluster, and scripts and channels work on its 3 servers$/m);
      });
    } finally {
      await cluster.stop();
    }
  });
});

const readyzOf = async stack => (await fcgi.call(stack.address, 'GET', '/readyz')).body;

describe('a Redis Cluster that has not all slots', () => {
  it('is used for those that it has, and readyz names the others', async () => {
    const cluster = await startCluster();
    const lost = [await cluster.slotOf(7), await cluster.slotOf(9)];
    try {
      for (const node of cluster.nodes) await node.call('CLUSTER', 'DELSLOTS', ...lost).catch(() => {});
      await withStack({ workers: 1, web: null, conf: { ...times, redis: cluster.url } }, async stack => {
        const wanted = /^partitions 7 and 9 of 64: no server of the Redis Cluster has its slot; redis-cli --cluster check/;
        await until(async () => wanted.test((await readyzOf(stack)).redis), 'readyz names them');
      });
    } finally {
      await cluster.stop();
    }
  });
});

describe('what answers CLUSTER SLOTS with something else', () => {
  it('is named in readyz, and in the log once', async () => {
    const redis = await startRedis();
    const peer = await startPeer(0, redis.socket);
    let asked = 0;
    peer.rule = ([word]) => (word === 'CLUSTER' ? { answer: (asked++, '*1\r\n*3\r\n:5\r\n:4\r\n+x') } : 'pass');
    try {
      const url = `redis-cluster://127.0.0.1:${peer.server.address().port}`;
      await withStack({ workers: 1, web: null, conf: { ...times, redis: url } }, async stack => {
        const sentence = 'its answer to CLUSTER SLOTS is not understood; is it part of a Redis Cluster?';
        await until(async () => (await readyzOf(stack)).redis.endsWith(sentence), 'readyz says so');
        const before = asked;
        await until(() => asked > before + 3, 'it is asked again');
        assert.equal(stack.log().split(sentence).length - 1, 1);
      });
    } finally {
      await peer.stop();
      await redis.stop();
    }
  });

  it('does not take what a server has from it, and is logged once until it is understood again', async () => {
    const cluster = await startCluster();
    const [first] = cluster.nodes;
    const peer = await startPeer(0, { host: first.host, port: first.port });
    let asked = 0;
    let lies = false;
    /* What it has, at the address of the peer. */
    const { port } = peer.server.address();
    const truth = `*1\r\n*3\r\n:0\r\n:5461\r\n*2\r\n$9\r\n127.0.0.1\r\n:${port}`;
    peer.rule = ([word]) => (word === 'CLUSTER' ? { answer: (asked++, lies ? '+OK' : truth) } : 'pass');
    try {
      await withStack({ workers: 1, web: null, conf: { ...times, redis: `redis-cluster://127.0.0.1:${port}` } }, async stack => {
        await until(() => stack.log().includes(`Redis is available at 127.0.0.1:${port}\n`), 'it is used');
        lies = true;
        const before = asked;
        await until(() => asked > before + 3, 'it is asked several times', 20000);
        assert.equal(stack.log().match(/its answer to CLUSTER SLOTS is not understood/g).length, 1);
        assert.doesNotMatch(stack.log(), /not available/);
      });
    } finally {
      await peer.stop();
      await cluster.stop();
    }
  });
});

describe('a cluster that does not start', () => {
  it('leaves nothing running', async () => {
    const mark = `rollcall-${process.pid}-mark`;
    await assert.rejects(startCluster({ args: ['--cluster-enabled', 'no', '--syslog-ident', mark] }), /cluster support disabled/);
    assert.doesNotMatch(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }), new RegExp(`syslog-ident ${mark}`));
  });
});
