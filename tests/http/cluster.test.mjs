// SPDX-License-Identifier: ISC
// A Redis Cluster: each workspace is with the master that has its partition, moves with it, and is away only if that is.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { startCluster } from '../lib/cluster.mjs';
import { startRedis } from '../lib/redis.mjs';
import { rollcalld, startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

const times = { ttl: 30, heartbeat: 10, wait: 15, gap: 10 };

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
    for (const { ann } of rooms) assert.deepEqual(await ann.sees(), { u0: 'active', u1: 'active' });
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
    await until(async () => (await stack.metric('rollcall_redis_partitions_up')) === 2 * 64, 'both workers count partitions');
    assert.equal(await stack.metric('rollcall_redis_servers_up'), 2 * 3);
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
      const { redis } = await readyz();
      assert.match(redis, new RegExp(`^partition ${room.partition} of 64: on the way`));
    });
    await works(room);
    await everybodyIsHere();
    assert.equal((await readyz()).redis, 'ok');
    const { body } = await room.ann.poll({ since, wait: 0 });
    assert.equal(body.resync, true, 'what was known of it is not continued');
    assert.equal(await room.master.call('EXISTS', `rollcall:{${room.partition}}:${room.ann.ws}:state`), 1);
  });

  it('tells of what happens after a partition has moved', async () => {
    const [{ ann, bob, sessions }] = rooms;
    const since = await ann.cursor();
    const poll = ann.poll({ since });
    await until(async () => (await stack.parked()) > 0, 'it is parked');
    await bob.beat(sessions[1], { status: 'away' });
    assert.equal((await poll).body.changes[0].status, 'away');
    await bob.beat(sessions[1], { status: 'active' });
  });

  it('goes on with the replica of a master that was killed; nobody goes offline', async () => {
    const [, room, other] = rooms;
    const replica = await cluster.replicaOf(room.master);
    await room.master.kill();
    await until(async () => (await codesOf(room)).every(code => code === 503), 'its beats are refused');
    assert.deepEqual(await codesOf(other), [200, 200]);
    assert.match((await readyz()).redis, new RegExp(`partitions? .*\\b${room.partition}\\b.* of 64: Redis is not available at`));
    await works(room);
    await everybodyIsHere();
    assert.equal(await cluster.masterOf(room.partition), replica);
    await until(async () => (await readyz()).redis === 'ok', 'all is well');
    await room.master.start();
    room.master = replica;
    await works(room);
  });

  it('answers only the workspaces of a master that stays away with 503, and ends their polls', async () => {
    const [, room, other] = rooms;
    const replica = await cluster.replicaOf(room.master);
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
    for (const right of ['ssubscribe', 'spublish']) {
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
