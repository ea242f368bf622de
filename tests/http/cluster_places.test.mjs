// SPDX-License-Identifier: ISC
// Who is at a place of a Redis Cluster: what a worker was told while a partition is away ends when it was said to end.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startCluster } from '../lib/cluster.mjs';
import { beAt, peopleOf, readAt, typeAt, Watcher } from '../lib/places.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const KNOWN_S = 4; // for which Redis knows that somebody types
const SAID_S = 20; // and for which they do, as the worker was told a moment later

/* What WATCHER was told of PLACE, without what it was told again when it had to begin again. */
const told = (watcher, place) => watcher.of(place).filter((text, i, all) => text !== all[i - 1]);

describe('places of a Redis Cluster', () => {
  let cluster, stack;
  before(async () => {
    cluster = await startCluster();
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30, wait: 15, redis: cluster.url } });
  });
  after(async () => {
    await stack?.stop();
    await cluster?.stop();
  });

  /* A room where u1 types in "t", counted, and looks at "v"; the replica of its master knows that, but not all of it. */
  async function openRoom() {
    const [u0, u1] = await peopleOf(stack, 2);
    const partition = await cluster.partitionOf(u0.ws);
    const master = await cluster.masterOf(partition);
    const key = `rollcall:{${partition}}:${u0.ws}:at:t`;
    const known = async () => (await master.call('ZRANGE', key, 0, -1, 'WITHSCORES'))[1];
    const watcher = await Watcher.start(u0, ['t', 'v']);
    const room = { u0, u1, partition, master, watcher, n: 0 };
    await beAt(u1, u1.at, 'v', { for: 60 });
    await watcher.knows('v', 'u1: viewing');
    await until(async () => {
      await typeAt(u1, u1.at, 't', { for: KNOWN_S, n: ++room.n });
      const ends = await known();
      room.saidFrom = performance.now();
      await typeAt(u1, u1.at, 't', { for: SAID_S, n: ++room.n });
      room.saidBy = performance.now();
      return ends === await known();
    }, 'a renewal is told to Redis later');
    await watcher.knows('t', 'u1: typing');
    await master.call('WAIT', 1, 5000);
    return room;
  }

  /* ROOM's partition is back: u1 types as long as was said, without a break that anybody saw, and no longer. */
  async function lastsAsSaid({ u0, u1, watcher, saidFrom, saidBy }) {
    assert.ok(performance.now() > saidFrom + KNOWN_S * 1000, 'Redis was away when it would have ended');
    assert.ok(performance.now() < saidFrom + SAID_S * 1000 - 500, 'and was back in time');
    assert.equal(await readAt(u0, 't'), 'u1: typing');
    assert.equal(await readAt(u0, 'v'), 'u1: viewing');
    const ended = await watcher.knows('t', '', SAID_S * 1000 + 10000);
    assert.ok(ended > saidFrom + SAID_S * 1000 - 100, `it ended ${ended - saidFrom} ms after it was said`);
    assert.ok(ended < saidBy + SAID_S * 1000 + atMost(5000), `it ended ${ended - saidBy} ms after that was answered`);
    assert.deepEqual([told(watcher, 't'), told(watcher, 'v')], [['u1: typing', ''], ['u1: viewing']]);
    assert.equal((await u1.ask('DELETE', `places/v?session=${u1.at}`)).status, 204);
    await watcher.knows('v', '');
    await watcher.stop();
  }

  const isTaken = async ({ u1 }) => (await u1.beat(u1.at)).status === 200;
  const passed = ({ saidFrom }) => pause(Math.max(0, saidFrom + KNOWN_S * 1000 + 300 - performance.now()));

  it('last as was said if a partition moves meanwhile, and others are lost and found', async () => {
    const room = await openRoom();
    await cluster.move(room.partition, async () => {
      await until(async () => !(await isTaken(room)), 'the partition is away');
      for (const node of cluster.nodes) if (node !== room.master) await node.call('CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes');
      await passed(room);
    });
    await until(() => isTaken(room), 'it is back', 20000);
    await lastsAsSaid(room);
  });

  it('last as was said if a master is killed, and its replica goes on', async () => {
    const room = await openRoom();
    await room.master.kill();
    await passed(room);
    await until(() => isTaken(room), 'the replica goes on', 20000);
    await lastsAsSaid(room);
  });
});
