// SPDX-License-Identifier: ISC
// The stream as events: told one by one and at once, continued where it stopped, never a lease, ended with a reason.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Events } from '../lib/events.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const times = { ttl: 4, heartbeat: 1, wait: 2, gap: 1, leave_grace: 1, closed_grace: 1 };

for (const web of ['nginx', 'lighttpd'])
  describe(`a stream of events through ${web}`, { concurrency: 8 }, () => {
    let stack;
    before(async () => {
      stack = await startStack({ web, conf: times });
    });
    after(() => stack?.stop());

    it('begins at once, and says that nothing may hold it back', async () => {
      const [u0] = await stack.room(1);
      const stream = await Events.open(u0, { since: await u0.cursor() });
      assert.equal(stream.status, 200);
      assert.match(stream.headers['content-type'], /^text\/event-stream/);
      assert.equal(stream.headers['cache-control'], 'no-store, no-transform');
      await until(() => stream.comments > 0, 'the first comment');
      assert.deepEqual(stream.events, []);
      stream.close();
    });

    it('tells each change by itself, with the cursor as its id', async () => {
      const [u0, u1] = await stack.room(2);
      const { session } = await u0.join();
      const stream = await Events.open(u1, { since: await u1.cursor() });
      const took = [];
      for (const [i, status] of ['away', 'active', 'away', 'active', 'away'].entries()) {
        const began = performance.now();
        await u0.beat(session, { status });
        const { id, data, at } = await stream.next('changes', i);
        took.push(at - began);
        assert.deepEqual(
          data.changes.map(one => [one.user, one.status, one.why]),
          [['u0', status, 'beat']],
        );
        assert.equal(id, data.cursor);
        assert.equal(data.resync, false);
      }
      assert.ok(Math.min(...took) < atMost(500), `after ${took} ms`); // a busy machine may stand still for some
      stream.close();
    });

    it('without a cursor begins with everyone, in pages', async () => {
      const people = await stack.room(6);
      await Promise.all(people.slice(1).map(person => person.join()));
      const stream = await Events.open(people[0], { limit: 2 });
      await until(() => stream.told.length === 5, 'all are told');
      assert.deepEqual(stream.told.map(([user]) => user).sort(), ['u1', 'u2', 'u3', 'u4', 'u5']);
      assert.deepEqual(
        stream.of('changes').map(({ data }) => data.more),
        [true, true, false],
      );
      await people[0].join();
      await until(() => stream.told.length === 6, 'and what changes then');
      stream.close();
    });

    it('goes on after the last event that was seen', async () => {
      const [u0, u1] = await stack.room(2);
      const { session } = await u0.join();
      const first = await Events.open(u1, { since: await u1.cursor() });
      await u0.beat(session, { status: 'away' });
      const { id } = await first.next('changes');
      first.close();
      await u0.beat(session, { status: 'active' });
      const second = await Events.open(u1, { since: 'nonsense' }, { last: id });
      const { data } = await second.next('changes');
      assert.equal(data.resync, false);
      assert.deepEqual(second.told, [['u0', 'active']]);
      second.close();
    });

    it('begins again with resync if its cursor is of another time', async () => {
      const [u0, u1] = await stack.room(2);
      await u0.join();
      for (const last of ['nonsense', '0123456789abcdef-5', `${(await u1.cursor()).replace(/-\d+$/, '')}-999999999`]) {
        const stream = await Events.open(u1, {}, { last });
        const { data } = await stream.next('changes');
        assert.equal(data.resync, true, last);
        assert.deepEqual(stream.told, [['u0', 'active']]);
        stream.close();
      }
    });

    it('tells only of the users that were asked for', async () => {
      const [u0, u1, u2] = await stack.room(3);
      const stream = await Events.open(u2, { since: await u2.cursor(), user: 'u1' });
      await u0.join();
      await u1.join();
      await until(() => stream.told.length > 0, 'a change');
      assert.deepEqual(stream.told, [['u1', 'active']]);
      stream.close();
    });

    it('tells of the roster and of conversations', async () => {
      const [u0] = await stack.room(1);
      const stream = await Events.open(u0, { since: await u0.cursor() });
      await stack.addMember(u0.ws, 'newcomer');
      assert.deepEqual((await stream.next('changes', 0)).data.refetch, ['members']);
      await stack.as('newcomer', u0.ws).ask('POST', 'dms', { body: { participants: ['u0'] } });
      assert.deepEqual((await stream.next('changes', 1)).data.refetch, ['dms']);
      stream.close();
    });

    it('is no lease: without heartbeats its session lapses, and it goes on as a reader', async () => {
      const [u0, u1] = await stack.room(2);
      const { session } = await u0.join();
      const stream = await Events.open(u0, { session, since: await u0.cursor() });
      await until(() => stream.told.some(([user, status]) => user === 'u0' && status === 'offline'), 'it lapses');
      await u1.join();
      await until(() => stream.told.some(([user]) => user === 'u1'), 'it reads on');
      stream.close();
    });

    it('asks for heartbeats, and while they come the session lives', async () => {
      const [u0, u1] = await stack.room(2);
      const { session } = await u0.join();
      const stream = await Events.open(u0, { session, since: await u0.cursor() });
      for (let i = 0; i < 6; i++) {
        const { data } = await stream.next('beat', i);
        assert.equal(data.session, session);
        assert.equal((await u0.beat(session)).status, 200);
      }
      assert.deepEqual(await u1.sees(), { u0: 'active' });
      assert.deepEqual(stream.told, []);
      stream.close();
    });

    it('that a later request of its session overtook ends at once, and holds no session', async () => {
      const [u0, u1] = await stack.room(2);
      const { session } = await u0.join();
      const since = await u0.cursor();
      await u0.beat(session, { status: 'away', n: 2 });
      const stream = await Events.open(u0, { since, session, status: 'active', n: 1 });
      assert.deepEqual((await stream.next('end')).data, { code: 'rotate', retry_after: 0 });
      assert.deepEqual(await u1.sees('u0'), { u0: 'away' });
    });

    it('ends with a reason', async () => {
      const [u0, u1, u2] = await stack.room(3);
      const { session } = await u0.join();
      const Authorization = `Bearer ${await stack.newToken({ user: 'u2', expires_in: 6 })}`;
      const streams = {
        superseded: await Events.open(u0, { session }),
        not_a_member: await Events.open(u1),
        expired_credential: await Events.open(u2, {}, { headers: { Authorization } }),
      };
      streams.session_ended = await Events.open(u0, { session });
      await u0.leaveNow(session);
      await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u1`);
      for (const [code, stream] of Object.entries(streams)) {
        const { data } = await stream.next('end');
        assert.equal(data.code, code);
        assert.equal(typeof data.retry_after, 'number');
        await until(() => stream.ended, `the stream that was ${code} ends`);
        assert.equal(stream.error, null);
      }
    });
  });

describe('streams of events in four workers', { concurrency: 6 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ web: 'nginx', workers: 4, conf: { ...times, leave_grace: 4 } });
  });
  after(() => stack?.stop());

  /* COUNT streams of PERSON, each with a session of its own: [[session, stream], ...]. */
  async function opened(person, count) {
    const sessions = await Promise.all(Array.from({ length: count }, async () => (await person.join()).session));
    return Promise.all(sessions.map(async session => [session, await Events.open(person, { session })]));
  }

  async function allEnd(streams, code) {
    for (const stream of streams) {
      assert.equal((await stream.next('end')).data.code, code);
      await until(() => stream.ended, 'it ends');
    }
  }

  it('end with their session, whichever worker is told of its end', async () => {
    const [u0] = await stack.room(1);
    const streams = await opened(u0, 16);
    await Promise.all(streams.map(([session], i) => (i % 2 ? u0.leave(session) : u0.leaveNow(session))));
    await allEnd(streams.map(([, stream]) => stream), 'session_ended');
  });

  it('end with their session if an administrator ends it', async () => {
    const [u0] = await stack.room(1);
    const streams = await opened(u0, 8);
    assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}/sessions?user=u0`)).status, 204);
    await allEnd(streams.map(([, stream]) => stream), 'session_ended');
  });

  it('go on if their session comes back within its grace', async () => {
    const [u0, u1] = await stack.room(2);
    const streams = await opened(u0, 6);
    await Promise.all(streams.map(([session]) => u0.leave(session)));
    await Promise.all(streams.map(([session]) => u0.beat(session)));
    await pauseForGrace(u1);
    for (const [, stream] of streams) assert.deepEqual(stream.of('end'), []);
    for (const [, stream] of streams) stream.close();
  });

  /* Until a session that leaves after this has lapsed: longer than the grace of one that left before. */
  async function pauseForGrace(person) {
    const { session } = await person.join();
    await person.leave(session);
    await until(async () => !(await person.sees()).u1, 'the grace is over');
  }

  it('end when a newer stream or poll of their session comes', async () => {
    const [u0] = await stack.room(1);
    const streams = await opened(u0, 16);
    const newer = await Promise.all(
      streams.map(([session], i) => (i % 2 ? Events.open(u0, { session }) : u0.poll({ session, wait: 0 }))),
    );
    await allEnd(streams.map(([, stream]) => stream), 'superseded');
    for (const stream of newer) if (stream instanceof Events) assert.deepEqual(stream.of('end'), []);
    for (const stream of newer) stream.close?.();
  });

  it('end when their member is removed, with a session or without', async () => {
    const [u0, u1] = await stack.room(2);
    const streams = (await opened(u1, 6)).map(([, stream]) => stream);
    for (let i = 0; i < 6; i++) streams.push(await Events.open(u1));
    assert.equal((await stack.admDone('DELETE', `/workspaces/${u0.ws}/members/u1`)).status, 204);
    await allEnd(streams, 'not_a_member');
  });

  it('end with their token, and go on with another from where they were', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const token = await stack.newToken({ user: 'u1', expires_in: 6 });
    const headers = { Authorization: `Bearer ${token}` };
    const first = await Events.open(u1, { since: await u1.cursor() }, { headers });
    await u0.beat(session, { status: 'away' });
    const { id } = await first.next('changes');
    assert.equal((await first.next('end')).data.code, 'expired_credential');
    await until(() => first.ended, 'it ends');
    await u0.beat(session, { status: 'active' });
    assert.equal((await Events.open(u1, {}, { last: id, headers })).status, 401);
    const second = await Events.open(u1, {}, { last: id });
    assert.equal((await second.next('changes')).data.resync, false);
    /* Its session has lapsed meanwhile, of which another worker may know before it knows of the beat. */
    await until(() => second.told.at(-1)[1] === 'active', 'all is told');
    assert.ok(!second.told.some(([, status]) => status === 'away'), JSON.stringify(second.told));
    second.close();
  });
});

/*
 * A client of PERSON's stream, past any web server, that reads nothing until read() says how many bytes a second. Its socket reads no
 * more than it is asked for, so that what it has not read stays where the daemon notices it.
 */
function trickle(stack, person) {
  const self = { text: '', closed: false };
  const buffer = Buffer.alloc(1024);
  let left = 0;
  const callback = size => {
    self.text += buffer.toString('latin1', 0, size);
    left -= size;
    return left > 0;
  };
  const socket = net.connect({ path: stack.address, onread: { buffer, callback } });
  socket.pause();
  socket.on('error', () => {});
  socket.on('close', () => (self.closed = true));
  const over = { HTTP_ACCEPT: 'text/event-stream' };
  const token = stack.tokens.get(person.user);
  socket.write(fcgi.requestBytes({ params: fcgi.variables('GET', `/v1/workspaces/${person.ws}/stream`, { token, over }) }));
  let timer;
  self.read = bytesPerSecond => {
    clearInterval(timer);
    const more = () => {
      left = bytesPerSecond;
      socket.resume();
    };
    timer = setInterval(more, 1000);
    more();
  };
  self.end = () => {
    clearInterval(timer);
    socket.destroy();
  };
  return self;
}

describe('a stream of events', { concurrency: 5 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ web: 'nginx', conf: { ...times, ttl: 60 } });
  });
  after(() => stack?.stop());

  it('whose client goes away is noticed, and its session ends after the grace', async () => {
    const [u0, u1] = await stack.room(2);
    const { session } = await u0.join();
    const stream = await Events.open(u0, { session });
    await stream.next('beat');
    const watcher = await u1.follow();
    stream.close();
    const change = await watcher.saw('u0', 'offline');
    assert.equal(change.why, 'closed');
    await watcher.stop();
  });

  it('that is not read costs little, and loses nothing when it is read again', async () => {
    const [reader, ...others] = await stack.room(41);
    const sessions = await Promise.all(others.map(async person => (await person.join()).session));
    const stream = await Events.open(reader);
    await until(() => stream.told.length >= others.length, 'all are told');
    const [pid] = stack.workers();
    stream.response.pause();
    for (let round = 0; round < 150; round++)
      await Promise.all(others.map((person, i) => person.beat(sessions[i], { status: round % 2 ? 'active' : 'away' })));
    stream.response.resume();
    const last = await others[0].cursor();
    await until(() => stream.of('changes').at(-1)?.id === last, 'the latest is told', 20000);
    const final = Object.fromEntries(stream.told);
    for (const { user } of others) assert.equal(final[user], 'active');
    assert.deepEqual(stack.workers(), [pid]);
    stream.close();
  });

  it('whose client reads 1 KB a second is not given up, and is told all in the end', async () => {
    const own = await startStack({ web: 'nginx', conf: { ...times, ttl: 300, heartbeat: 100 } });
    let slow;
    try {
      const [u0, ...others] = await own.room(101);
      const sessions = await Promise.all(others.map(async person => (await person.join()).session));
      slow = trickle(own, u0);
      slow.read(1024);
      /* More than the sockets hold. */
      for (let round = 0; round < 60; round++)
        await Promise.all(others.map((person, i) => person.beat(sessions[i], { status: round % 2 ? 'active' : 'away' })));
      await pause(45000); // longer than one that reads nothing is kept
      assert.equal(slow.closed, false);
      slow.read(1 << 20);
      const last = await others[0].cursor();
      await until(() => slow.text.includes(`id: ${last}`), 'the latest is told', 20000);
    } finally {
      slow?.end();
      await own.stop();
    }
  });

  it('begins again with resync if so much was forgotten since its cursor', async () => {
    const own = await startStack({ web: 'nginx', conf: times });
    try {
      const [u0, u1] = await own.room(2);
      await u0.join();
      const last = await u1.cursor();
      await u1.join();
      const [meta] = await own.redis('KEYS', `rollcall:*:${u0.ws}:meta`);
      await own.redis('HSET', meta, 'floor', String(Number(last.split('-')[1]) + 1)); // as pruning does in the end
      await own.restart();
      const stream = await Events.open(u1, {}, { last });
      assert.equal((await stream.next('changes')).data.resync, true);
      stream.close();
    } finally {
      await own.stop();
    }
  });

  it('is counted, and ends while its worker drains', async () => {
    const own = await startStack({ web: 'nginx', conf: times });
    try {
      const [u0] = await own.room(1);
      const stream = await Events.open(u0);
      await until(async () => (await own.metric('rollcall_streams')) === 1, 'one stream');
      own.daemon.process.kill('SIGHUP');
      const { code, retry_after: after } = (await stream.next('end')).data;
      assert.equal(code, 'draining');
      assert.ok(after >= 0 && after <= 3, `${after} s`);
      await until(() => stream.ended, 'it ends');
    } finally {
      await own.stop();
    }
  });

  it('ends when Redis has been away for some seconds, and nobody is told offline', async () => {
    const own = await startStack({ web: 'nginx', conf: { ...times, ttl: 30 } });
    try {
      const [u0, u1] = await own.room(2);
      await u0.join();
      const stream = await Events.open(u1);
      await until(() => stream.told.length > 0, 'u0 is told');
      await own.redisServer.stop();
      assert.equal((await stream.next('end', 0, 20000)).data.code, 'redis_unavailable');
      assert.deepEqual(stream.told, [['u0', 'active']]);
    } finally {
      await own.stop();
    }
  });
});
