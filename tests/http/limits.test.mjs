// SPDX-License-Identifier: ISC
// How many requests one user may send, how much at once, and how many one address may send without a credential.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { newJwt, newKey, now } from '../lib/jwt.mjs';
import { newSession } from '../lib/person.mjs';
import { unmeasured, valgrind } from '../lib/program.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';

describe('the rate limit', () => {
  let stack;
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30, wait: 5, rate_limit: 2 } });
  });
  after(() => stack?.stop());

  /* Asks until FN is refused; resolves with the refusal, how many were served before, and in how many seconds. */
  async function exhaust(fn, most = 50) {
    const began = performance.now();
    for (let served = 0; served < most; served++) {
      const answer = await fn();
      if (answer.status === 429) return { answer, served, seconds: (performance.now() - began) / 1000 };
      assert.ok(answer.status < 300, `${answer.status}`);
    }
    throw new Error(`${most} requests and no limit`);
  }

  it('serves a burst of twice the rate, then says when to come again', async () => {
    const [u0] = await stack.room(1);
    const { answer, served, seconds } = await exhaust(() => u0.beat('session-limit'));
    assert.ok(served >= 4 && served <= 4 + 2 * seconds + 1, `${served} in a burst of ${seconds} s`);
    assert.equal(answer.body.code, 'rate_limited');
    const after = Number(answer.headers['retry-after']);
    assert.ok(Number.isInteger(after) && after >= 1 && after <= 2, `Retry-After: ${after}`);
    await pause(after * 1000);
    assert.equal((await u0.beat('session-limit')).status, 200, 'its word is kept');
  });

  it('holds for join and dms too, and for each user alone', async () => {
    const [, u1, u2, u3] = await stack.room(4);
    await exhaust(() => u1.ask('POST', 'join', { body: {} }));
    await exhaust(() => u2.ask('POST', 'dms', { body: { participants: ['u1'] } }));
    assert.equal((await u3.beat('session-other')).status, 200);
  });

  /* N people who have not asked for anything yet. */
  let groups = 0;
  const fresh = async n => {
    const ws = `group${++groups}`;
    return (await stack.people(ws, `${ws}-`, n)).map(user => stack.as(user, ws));
  };

  it('holds for leave by itself: who has no heartbeats left can still go', async () => {
    const [u0] = await fresh(1);
    const { session } = await u0.join();
    await exhaust(() => u0.beat(session));
    assert.equal((await u0.leave(session, { now: true })).status, 204);
    const { answer } = await exhaust(() => u0.leave(newSession(), { now: true }));
    assert.equal(answer.body.code, 'rate_limited');
  });

  it('holds for polls that change a status, and not for those that follow', async () => {
    const [u0, u1] = await fresh(2);
    const { session, cursor } = await u0.join();
    let changes = 0;
    let is = 'active';
    const began = performance.now();
    for (let i = 0; i < 60; i++) {
      const status = i % 2 ? 'active' : 'away';
      if ((await u0.poll({ wait: 0, session, status })).status !== 200) continue;
      changes += status !== is; // behind one that was refused, it may be as it was
      is = status;
    }
    const seconds = (performance.now() - began) / 1000;
    assert.ok(changes >= 3 && changes <= 5 + 2 * seconds, `${changes} in ${seconds} s`);
    await u1.join();
    for (let i = 0; i < 60; i++) {
      const { status } = await u1.poll({ wait: 0, session: 'session-same', status: 'active', since: cursor });
      assert.equal(status, 200, 'a status that stays as it is');
    }
    assert.equal((await u0.poll({ wait: 0, session })).status, 200, 'no status at all');
  });

  it('holds for the participants of conversations, each of whom has to be told', async () => {
    const [u0, ...others] = await fresh(31);
    const participants = others.map(one => one.user);
    const { answer, served } = await exhaust(() => u0.ask('POST', 'dms', { body: { participants } }));
    assert.equal(served, 1);
    assert.ok(Number(answer.headers['retry-after']) >= 5, `Retry-After: ${answer.headers['retry-after']}`);
  });

  it('does not hold for participants of a conversation that is there already', () =>
    withStack({ conf: { ttl: 60, heartbeat: 30, wait: 5, rate_limit: 20 } }, async one => {
      const [u0, ...others] = await one.room(31);
      for (const { user } of others)
        assert.ok((await one.as(user, u0.ws).ask('POST', 'dms', { body: { participants: ['u0'] } })).status < 300);
      for (const { user } of others)
        assert.equal((await u0.ask('POST', 'dms', { body: { participants: [user] } })).status, 200);
    }));

  it('holds for questions, but for fifty times as many', async () => {
    const [u0] = await fresh(1);
    for (let i = 0; i < 20; i++) assert.equal((await u0.ask('GET', 'members')).status, 200);
    const large = JSON.stringify({ users: [] }).padEnd(200000, ' ');
    for (const what of ['members', 'status', 'dms', 'stream?wait=0'])
      await until(async () => {
        await Promise.all(Array.from({ length: 10 }, () => u0.ask('POST', 'status', { body: large })));
        return (await u0.ask('GET', what)).status === 429;
      }, `${what} is refused`);
    assert.equal((await u0.ask('POST', 'join', { body: {} })).status, 201, 'on another account');
  });

  it('does not hold for leave, status, stream and administrators', async () => {
    const [, , , , u4] = await stack.room(5);
    const { session } = await u4.join();
    await exhaust(() => u4.beat(session));
    for (let i = 0; i < 20; i++) {
      assert.equal((await u4.ask('GET', 'status')).status, 200);
      assert.equal((await stack.adm('GET', '/workspaces')).status, 200);
    }
    assert.equal((await u4.poll({ wait: 0, session })).status, 200);
    assert.equal((await u4.leave(session)).status, 204);
  });

  it('is counted in the metrics', async () => {
    await until(async () => (await stack.metric('rollcall_rate_limited_total')) >= 4, 'the refusals are counted');
  });
});

describe('one who follows', () => {
  it('a busy room is never refused', () =>
    withStack({ conf: { ttl: 60, heartbeat: 30, wait: 20, rate_limit: 20 } }, async stack => {
      const [u0, ...others] = await stack.room(13);
      const { session, cursor } = await u0.join();
      const followers = [
        await u0.follow({ since: cursor, session, status: 'active' }),
        await u0.follow({ since: cursor }),
        await u0.follow({ since: cursor, user: others.map(one => one.user) }),
      ];
      for (let round = 0; round < 30; round++)
        await Promise.all(
          others.map(async other => {
            const status = round % 2 ? 'active' : 'away';
            assert.equal((await other.beat('session-o', { status })).status, 200);
          }),
        );
      const end = await u0.cursor();
      for (const follower of followers) {
        await until(() => follower.cursor === end, 'all is told');
        assert.deepEqual(follower.answers, []);
        await follower.stop();
      }
    }));
});

describe('the polls of one user', () => {
  it('are 64 at most: the oldest ends, and is told why', () =>
    withStack({ conf: { ttl: 60, heartbeat: 30, wait: 20, rate_limit: 0 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      const since = await u0.cursor();
      const first = [];
      for (let i = 0; i < 3; i++) {
        first.push(u0.poll({ since }));
        await until(async () => (await stack.parked()) === i + 1, 'it is parked');
      }
      const others = Array.from({ length: 61 }, () => u0.poll({ since }));
      await until(async () => (await stack.parked()) === 64, 'all are parked');
      const another = u1.poll({ since });
      await until(async () => (await stack.parked()) === 65, 'another user has their own');
      others.push(u0.poll({ since }));
      const { status, body, headers } = await first[0];
      assert.deepEqual([status, body.code], [429, 'too_many_polls']);
      assert.ok(Number(headers['retry-after']) >= 1);
      await until(async () => (await stack.parked()) === 65, 'the newest has its place');
      await u1.join();
      for (const one of [...first.slice(1), ...others, another])
        assert.equal((await one).body.changes[0].user, 'u1');
    }));

  it('are 64 at most with probes too: one more is refused, and ends nothing', () =>
    withStack({ conf: { ttl: 60, heartbeat: 30, wait: 20, rate_limit: 0, probe: 1 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      const since = await u0.cursor();
      const polls = Array.from({ length: 64 }, () => u0.poll({ since }));
      await until(async () => (await stack.parked()) === 64, 'all are parked');
      const { status, body, headers } = await u0.poll({ since });
      assert.deepEqual([status, body.code], [429, 'too_many_polls']);
      assert.ok(Number(headers['retry-after']) >= 1);
      await until(async () => (await stack.parked()) === 64, 'all others still wait');
      await u1.join();
      for (const one of polls) assert.equal((await one).body.changes[0].user, 'u1');
    }));

  it('for people who are no members make no entries, and tell of them once they are', () =>
    withStack({ conf: { ttl: 60, heartbeat: 30, wait: 20, rate_limit: 0 } }, async stack => {
      const [u0] = await stack.room(1);
      const since = await u0.cursor();
      const [worker] = stack.workers();
      const resident = () => Number(readFileSync(`/proc/${worker}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
      const before = resident();
      const long = 'x'.repeat(110);
      const users = Array.from({ length: 499 }, (_, i) => `nobody-${i}-${long}`);
      const polls = Array.from({ length: 64 }, (_, i) =>
        u0.ask('POST', 'stream', { body: { since, users: [...users.map(one => `${i}-${one}`), 'late'] } }),
      );
      await until(async () => (await stack.parked()) === 64, 'all are parked');
      if (!unmeasured) await until(() => resident() - before < 8192, `little more than ${before} KiB`);
      await stack.addMember(u0.ws, 'late');
      const told = await Promise.all(polls);
      for (const { body } of told) assert.deepEqual(body.refetch, ['members']);
      const next = u0.ask('POST', 'stream', { body: { since: told[0].body.cursor, users: ['late'] } });
      await stack.as('late', u0.ws).join();
      assert.deepEqual(
        (await next).body.changes.map(change => change.user),
        ['late'],
      );
    }));
});

describe('a body', () => {
  let stack;
  before(async () => {
    stack = await startStack();
  });
  after(() => stack?.stop());

  it('may have as many bytes as its resource needs, and no more', async () => {
    const [u0] = await stack.room(1);
    const pad = (body, bytes) => JSON.stringify(body).padEnd(bytes, ' ');
    const small = 16384;
    const ids = 262144;
    const session = newSession();
    for (const [what, body, most] of [
      ['join', { session }, small],
      ['heartbeat', { session }, small],
      ['leave', { session }, small],
      ['stream', { wait: 0 }, ids],
      ['status', { users: ['u0'] }, ids],
    ]) {
      assert.ok((await u0.ask('POST', what, { body: pad(body, most) })).status < 300, what);
      const refused = await u0.ask('POST', what, { body: pad(body, most + 1) });
      assert.deepEqual([refused.status, refused.body.code], [413, 'too_large'], what);
      assert.match(refused.body.detail, new RegExp(`${most}`), what);
    }
  });

  it('has room for 500 ids of 128 bytes, each character escaped', async () => {
    const [u0] = await stack.room(1);
    const escaped = `"${'\\u0078'.repeat(64)}`; // with a letter of two bytes, 384 bytes for 128
    const users = Array.from({ length: 500 }, (_, i) => `${escaped.slice(0, -6 * 4)}${String(i).padStart(4, '0')}"`);
    const { status, body } = await u0.ask('POST', 'status', { body: `{"users":[${users.join(',')}]}` });
    assert.deepEqual([status, body.users], [200, []]);
  });
});

describe('a page of conversations', () => {
  it('ends early rather than long, and tells how it goes on', async () => {
    const stack = await startStack();
    try {
      const [u0, ...others] = await stack.room(40);
      const participants = [u0, ...others].map(one => one.user);
      for (let id = 1; id <= 30; id++)
        await stack.adm('PUT', `/workspaces/${u0.ws}/dms/${id}`, {
          body: { participants: id % 3 ? participants : ['u0', 'u1'] },
        });
      const seen = [];
      let pages = 0;
      for (let after; after !== null; pages++) {
        const { body } = await u0.ask('GET', `dms?limit=1000${after ? `&after=${after}` : ''}`);
        const people = body.dms.reduce((sum, dm) => sum + dm.participants.length, 0);
        assert.ok(people <= 500, `${people} participants in a page`);
        seen.push(...body.dms.map(dm => dm.id));
        after = body.next ?? null;
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 30 }, (_, i) => i + 1),
      );
      assert.equal(pages, 2);
    } finally {
      await stack.stop();
    }
  });
});

describe('the limit on those who are nobody', () => {
  const over = address => ({ REMOTE_ADDR: address });
  const bad = 'rc_'.padEnd(46, 'A');
  let stack;
  before(async () => {
    stack = await startStack({ web: null, conf: { ttl: 60, heartbeat: 30, wait: 5, rate_limit: 2 } });
  });
  after(() => stack?.stop());

  const me = (address, token) => fcgi.call(stack.address, 'GET', '/v1/me', { over: over(address), token });

  async function exhaust(address) {
    const began = performance.now();
    for (let refused = 0; refused < 50; refused++) {
      const answer = await me(address, bad);
      if (answer.status === 429) return { answer, refused, seconds: (performance.now() - began) / 1000 };
      assert.equal(answer.status, 401);
    }
    throw new Error('50 requests and no limit');
  }

  /*
   * Once ADDRESS(i) is over its limit, OTHER(i) with TOKEN is too, the first time that it asks: each attempt has others, or asking
   * alone would bring them over a limit of their own. There are some, for in a slow one so much time passes that one more is let in.
   */
  async function isOver(address, other, token) {
    let attempts = 0;
    await until(async () => {
      const i = ++attempts;
      await exhaust(address(i));
      return (await me(other(i), token)).status === 429;
    }, `${other(1)} is over the limit of ${address(1)}`);
  }

  it('answers 401 in a burst, then 429 with when to come again', async () => {
    const { answer, refused, seconds } = await exhaust('192.0.2.1');
    assert.ok(refused >= 4 && refused <= 4 + 2 * seconds + 1, `${refused} in a burst of ${seconds} s`);
    assert.equal(answer.body.code, 'rate_limited');
    assert.match(answer.headers['retry-after'], /^[1-9]$/);
    const another = i => `198.51.100.${i}`;
    await isOver(another, another, undefined);
    await pause(Number(answer.headers['retry-after']) * 1000);
    assert.equal((await me('192.0.2.1', bad)).status, 401, 'its word is kept');
  });

  it('is of each address, and of each network in IPv6', async () => {
    await exhaust('192.0.2.2');
    assert.equal((await me('192.0.2.3', bad)).status, 401);
    await isOver(() => '2001:db8:0:1::1', i => `2001:db8:0:1:ffff::${i}`, bad);
    assert.equal((await me('2001:db8:0:2::1', bad)).status, 401);
  });

  it('lets those in who are somebody, and does not hold where there is no address', async () => {
    await exhaust('192.0.2.4');
    for (let i = 0; i < 10; i++) assert.equal((await me('192.0.2.4', stack.admin)).status, 200);
    for (const address of ['', 'unix:', undefined])
      for (let i = 0; i < 10; i++) assert.equal((await me(address, bad)).status, 401);
  });
});

describe('a flood of JWTs that are badly signed', () => {
  const key = newKey('ES256');
  const startTrusting = ({ checking }, algorithm) =>
    startStack({
      web: null,
      auth: ['token', 'jwt'],
      conf: { ttl: 60, heartbeat: 30, wait: 5, rate_limit: 2 },
      beforeStart: one => {
        writeFileSync(one.path('jwt.key'), checking);
        one.conf.jwt = { algorithm, key_file: one.path('jwt.key') };
      },
    });
  let stack;
  before(async () => {
    stack = await startTrusting(key, 'ES256');
  });
  after(() => stack?.stop());

  const signed = (sub, exp, signing = key.signing) => newJwt({ sub, exp: now() + exp }, signing, 'ES256');
  const me = token => fcgi.call(stack.address, 'GET', '/v1/me', { over: { REMOTE_ADDR: '192.0.2.7' }, token });

  const slow = valgrind && 'under valgrind one JWT takes more time than a worker spends on strangers';

  it('keeps nobody behind the same address out, known or new, and tells who has to fetch another', { skip: slow }, async () => {
    const known = signed('known', 600);
    const over = signed('over', -90);
    const foreign = newKey('ES256').signing;
    assert.equal((await me(known)).status, 200);
    let refused = 0;
    for (let i = 0; i < 40 || (refused < 20 && i < 400); i++) { // more if the machine is slow: some are let in each second
      refused += (await me(signed(`bad${i}`, 600, foreign))).status === 429;
      assert.equal((await me(known)).status, 200, 'known');
      assert.equal((await me(signed(`new${i}`, 600))).status, 200, 'new');
      const { status, body } = await me(i % 2 ? over : signed(`over${i}`, -90));
      assert.deepEqual([status, body.code], [401, 'expired_credential']);
    }
    assert.ok(refused >= 20, `${refused} strangers were refused`);
  });

  it('leaves tokens that have expired to be told so too', async () => {
    const made = await fcgi.call(stack.address, 'POST', '/v1/admin/tokens', {
      token: stack.admin,
      body: JSON.stringify({ user: 'u0', expires_in: 1 }),
    });
    assert.equal(made.status, 201);
    await until(async () => (await me('rc_'.padEnd(46, 'B'))).status === 429, 'the address is over its limit');
    await until(async () => {
      const { status, body } = await me(made.body.token);
      return status === 401 && body.code === 'expired_credential';
    }, 'it has expired');
  });

  it('costs what it takes, not the time for which the worker gets no processor', { skip: slow }, async () => {
    const slowest = newKey('ES512');
    const one = await startTrusting(slowest, 'ES512');
    try {
      const [worker] = one.workers();
      const odd = newKey('ES512').signing;
      const bearer = (sub, signing) => newJwt({ sub, exp: now() + 600 }, signing, 'ES512');
      const request = (_, i) => fcgi.requestBytes({ id: i + 1, keep: true, params: fcgi.variables('GET', '/v1/me', { token: bearer(`odd${i}`, odd) }) });
      const connection = await fcgi.Connection.open(one.address);
      connection.send(Buffer.concat(Array.from({ length: 60 }, request)));
      for (let i = 0; i < 5; i++) {
        process.kill(worker, 'SIGSTOP');
        await pause(300);
        process.kill(worker, 'SIGCONT');
        await pause(1);
      }
      const ask = async token => (await fcgi.call(one.address, 'GET', '/v1/me', { token })).status;
      await until(async () => (await ask('rc_'.padEnd(46, 'C'))) === 429, 'the address is over its limit');
      assert.equal(await ask(bearer('new', slowest.signing)), 200);
      connection.destroy();
    } finally {
      await one.stop();
    }
  });
});
