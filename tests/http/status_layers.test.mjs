// SPDX-License-Identifier: ISC
// Status by hand: what people say of themselves lies in layers over what their sessions say, and nothing is ever restored.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Dice, newSeed } from '../lib/dice.mjs';
import { percentile } from '../lib/crowd.mjs';
import { unmeasured } from '../lib/program.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { quickOnce, until } from '../lib/until.mjs';

const long = { ttl: 60, heartbeat: 30, wait: 20 };

describe('a status by hand', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: long });
  });
  after(() => stack?.stop());

  /** u0 is here, u1 follows, u2 comes and goes. */
  async function scene(n = 3) {
    const people = await stack.room(n);
    const { session } = await people[0].join();
    return { people, session, eye: await people[1].follow() };
  }

  it('has a message that stays while the rest changes', async () => {
    const { people: [u0, , u2], eye } = await scene();
    const { since } = await u0.entryOf('u0');
    await u0.say({ text: 'WFH', emoji: '\u{1F3E0}' });
    await eye.shows('u0', ({ text }) => text);
    await u0.say({ show: 'away' });
    await u0.say({ show: 'auto' });
    await u0.say({ dnd: true });
    await u0.say({ dnd: false });
    await eye.settle(u2);
    const told = eye.of('u0');
    assert.deepEqual(told.map(({ status, dnd }) => [status, dnd]).slice(0, 1), [['active', undefined]]);
    assert.deepEqual(told.at(-1).status, 'active');
    assert.equal(told.at(-1).dnd, undefined);
    for (const one of told) assert.deepEqual([one.text, one.emoji], ['WFH', '\u{1F3E0}'], JSON.stringify(told));
    assert.equal(told[0].since, since, 'a message does not move since');
  });

  it('is told once a change, and nothing is told that did not change', async () => {
    const { people: [u0, , u2], eye } = await scene();
    const steps = [
      [{ text: 'a' }, { status: 'active', text: 'a' }],
      [{ text: 'b' }, { status: 'active', text: 'b' }],
      [{ show: 'away' }, { status: 'away', text: 'b' }],
      [{ show: 'away', text: 'b' }, null],
      [{ emoji: '☕' }, { status: 'away', text: 'b', emoji: '☕' }],
      [{ dnd: true }, { status: 'away', dnd: true, text: 'b', emoji: '☕' }],
      [{ text: '', emoji: '' }, { status: 'away', dnd: true }],
      [{ show: 'auto', dnd: false }, { status: 'active' }],
    ];
    const expected = [];
    for (const [body, told] of steps) {
      await u0.say(body);
      await eye.settle(u2);
      if (told) expected.push(told);
      assert.deepEqual(eye.of('u0').map(({ since: _since, why: _why, ...rest }) => rest), expected, JSON.stringify(body));
    }
  });

  it('moves since with the status alone, and its why does not tell that it is by hand', async () => {
    const { people: [u0, , u2], eye } = await scene();
    for (const body of [{ dnd: true }, { show: 'away' }, { text: 'x' }, { show: 'auto' }]) {
      await u0.say(body);
      await eye.settle(u2);
    }
    const [dnd, away, text, back] = eye.of('u0');
    assert.equal((await u0.entryOf('u0')).since, back.since);
    assert.equal(text.since, away.since);
    assert.ok(dnd.since <= away.since && away.since < back.since);
    assert.deepEqual([dnd.why, away.why, text.why, back.why], ['join', 'beat', 'beat', 'beat']);
  });

  it('of an empty text is a change without the field', async () => {
    const { people: [u0, , u2], eye } = await scene();
    await u0.say({ text: 'x' });
    await eye.settle(u2);
    await u0.say({ text: '' });
    await eye.settle(u2);
    const [said, without, ...more] = eye.of('u0');
    assert.deepEqual([said.text, more], ['x', []]);
    assert.ok(!('text' in without), JSON.stringify(without));
    assert.ok(!('text' in (await u0.entryOf('u0'))));
    assert.ok(!('text' in (await u0.me())));
  });

  it('for a while covers the one without an end, field by field', async () => {
    const { people: [u0] } = await scene();
    await u0.say({ text: 'below', show: 'away', dnd: true });
    const over = await u0.say({ text: '', dnd: false, for: 600 });
    assert.deepEqual([over.shown, over.dnd, over.text, over.layers.length], ['away', false, undefined, 2]);
    assert.deepEqual(over.layers.map(({ layer }) => layer).sort(), ['base', 'temporary']);
    const temporary = over.layers.find(({ layer }) => layer === 'temporary');
    assert.ok(Math.abs(temporary.until - over.now - 600000) < 10000);
    assert.deepEqual([over.next.layer, over.next.at], ['temporary', temporary.until]);
    await u0.unsay();
    const below = await u0.me();
    assert.deepEqual([below.shown, below.dnd, below.text, below.layers.length], ['away', true, 'below', 1]);
    await u0.unsay();
    const none = await u0.me();
    assert.deepEqual([none.shown, none.dnd, none.text, none.layers.length, none.next], ['active', false, undefined, 0, undefined]);
  });

  it('is of the user; what their sessions say is of each session', async () => {
    const { people: [u0, u1], session } = await scene();
    await u0.join({ status: 'away' });
    const one = async () => (await u1.entryOf('u0')).status;
    assert.equal(await one(), 'active');
    await u0.beat(session, { status: 'away' });
    assert.equal(await one(), 'away');
    await u0.say({ show: 'away' });
    assert.equal((await u0.beat(session, { status: 'active' })).body.status, 'away');
    assert.equal((await u0.beat(session, { status: 'active' })).body.status, 'away');
    await u0.say({ show: 'auto' });
    assert.equal(await one(), 'active');
    assert.equal((await u0.beat(session, { status: 'active' })).body.status, 'active');
  });

  it('of do not disturb stays while the tab is hidden and comes back', async () => {
    const { people: [u0, , u2], eye, session } = await scene();
    await u0.say({ dnd: true });
    for (const status of ['away', 'active']) {
      await u0.beat(session, { status });
      await eye.settle(u2);
    }
    assert.deepEqual(eye.of('u0').map(({ status, dnd }) => [status, dnd]).slice(-2), [['away', true], ['active', true]]);
  });

  it('is seen while its user is offline, and makes nobody online', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.say({ text: 'on leave', dnd: true, show: 'away' });
    const never = await u1.entryOf('u0');
    assert.deepEqual(never, { user: 'u0', status: 'offline', dnd: true, text: 'on leave' });
    const { session } = await u0.join();
    await u0.leaveNow(session);
    const full = (await u1.poll()).body.changes.find(({ user }) => user === 'u0');
    assert.deepEqual([full.status, full.dnd, full.text], ['offline', true, 'on leave'], 'a full answer has them');
    const listed = (await u1.ask('GET', 'status')).body.users.map(({ user }) => user);
    assert.deepEqual(listed, ['u0']);
    await u0.unsay();
    assert.deepEqual((await u1.poll()).body.changes, []);
    const gone = await u1.entryOf('u0');
    assert.deepEqual([gone.status, gone.text, gone.dnd, gone.since], ['offline', undefined, undefined, full.since]);
  });

  it('is the same in status, stream, join, members and conversations', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    await u1.ask('POST', 'dms', { body: { participants: ['u0'] } });
    const { until: end } = await u0.say({ text: '<b>&"\\', emoji: '\u{1F6CC}', dnd: true, for: 600 });
    const expected = { status: 'active', dnd: true, text: '<b>&"\\', emoji: '\u{1F6CC}', until: end };
    const of = list => list.find(({ user }) => user === 'u0');
    const said = [
      of((await u1.ask('GET', 'status')).body.users),
      of((await u1.ask('POST', 'status', { body: { users: ['u0'] } })).body.users),
      of((await u1.poll()).body.changes),
      of((await u1.join()).changes),
      of((await u1.ask('GET', 'members')).body.members),
      of((await u1.ask('GET', 'dms')).body.dms.flatMap(({ participants }) => participants)),
    ];
    for (const [i, one] of said.entries()) {
      const { status, dnd, text, emoji, until: one_end } = one;
      assert.deepEqual({ status, dnd, text, emoji, until: one_end }, expected, `answer ${i}`);
    }
  });

  it('comes with the time of the server', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    await u0.say({ text: 'x', for: 600 });
    await u1.ask('POST', 'dms', { body: { participants: ['u0'] } });
    for (const what of ['status', 'stream', 'members', 'dms', 'me/status']) {
      const { now } = (await u1.ask('GET', what)).body;
      assert.ok(Math.abs(now - Date.now()) < 60000, `${what}: ${now}`);
    }
  });

  it('is told to all who wait at once', { skip: unmeasured }, async () => {
    const [u0, ...others] = await stack.room(4);
    await u0.join();
    const eyes = await Promise.all(others.map(one => one.follow()));
    await quickOnce(async attempt => {
      const took = [];
      for (let i = 0; i < 30; i++) {
        const began = Date.now();
        await u0.say({ text: `text ${attempt} ${i}` });
        const told = await Promise.all(eyes.map(eye => eye.shows('u0', ({ text }) => text === `text ${attempt} ${i}`)));
        took.push(...told.map(({ at }) => at - began));
      }
      const median = percentile(took, 0.5);
      assert.ok(median <= 300 && percentile(took, 0.9) <= 2000, `ms: ${took.sort((a, b) => a - b)}`);
      return median;
    }, 100);
  });
});

describe('layers that come and go at random', () => {
  const random = dice => {
    const body = {};
    if (dice.below(2)) body.show = dice.pick(['auto', 'away', 'invisible']);
    if (dice.below(2)) body.dnd = dice.below(2) === 1;
    if (dice.below(2) || Object.keys(body).length === 0) body.text = dice.pick(['', 'one', 'two']);
    return body;
  };

  /* One of the requests that change a status. */
  function deed(dice) {
    const claim = `me/claims/${dice.pick(['call', 'meeting', 'desk'])}`;
    const end = { for: 1 + dice.below(300) };
    const { show, ...rest } = random(dice);
    const claimed = { ...rest, ...end, ...(show && { show: dice.pick(['away', 'active']) }) };
    return dice.pick([
      ['PUT', 'me/status', random(dice)],
      ['PUT', 'me/status', { ...random(dice), ...end }],
      ['PUT', claim, Object.keys(rest).length + (show ? 1 : 0) > 0 ? claimed : { dnd: true, ...end }],
      ['DELETE', claim],
      ['DELETE', 'me/status'],
    ]);
  }

  /* Workers are killed meanwhile, so a request may fail. It is sent until it is answered. */
  const insist = (u0, method, what) =>
    until(async () => (await u0.ask(method, what, { raw: true })).status === 204, `${method} ${what}`);

  it('leave nothing behind, even if workers are killed meanwhile', { timeout: 120000 }, () =>
    withStack({ workers: 3, conf: long }, async stack => {
      const seed = newSeed();
      const dice = new Dice(seed);
      const [u0, u1] = await stack.room(2);
      const { session } = await u0.join();
      for (let i = 0; i < 200; i++) {
        const [method, what, body] = deed(dice);
        const asked = u0.ask(method, what, { body, raw: true }).catch(() => {});
        if (i % 20 === 10) process.kill(dice.pick(stack.workers()), 'SIGKILL');
        await asked;
      }
      await until(() => stack.workers().length === 3, 'the workers are back');
      for (const name of ['call', 'meeting', 'desk']) await insist(u0, 'DELETE', `me/claims/${name}`);
      await insist(u0, 'DELETE', 'me/status?all=true');
      const isPlain = async () => {
        const { since: _since, why: _why, ...entry } = await u1.entryOf('u0');
        return JSON.stringify(entry) === '{"user":"u0","status":"active"}';
      };
      await until(isPlain, `u0 is as their sessions say (SEED=${seed})`);
      await u0.beat(session, { status: 'active' });
      const [state] = await stack.redis('KEYS', `rollcall:*${u0.ws}:state`);
      const fields = await stack.redis('HKEYS', state);
      for (const field of fields.filter(one => one.startsWith('\x02')))
        assert.match(await stack.redis('HGET', state, field), /^\d+ \d+\n0 - $/, `nothing is said (SEED=${seed})`);
      await until(async () => (await stack.redis('KEYS', 'rollcall:*ends')).length === 0, `no ends (SEED=${seed})`);
    }));
});
