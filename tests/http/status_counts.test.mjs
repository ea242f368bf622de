// SPDX-License-Identifier: ISC
// How many are what: the same as the lists say, to everyone, and told in streams that ask for it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Dice, newSeed } from '../lib/dice.mjs';
import { Events } from '../lib/events.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const numbers = ({ members, active, away, offline, dnd }) => ({ members, active, away, offline, dnd });

/** What the lists that READER reads say. */
async function counted(reader) {
  const { members } = (await reader.ask('GET', 'members?limit=100')).body;
  const of = status => members.filter(one => one.status === status).length;
  assert.equal(new Set(members.map(({ user }) => user)).size, members.length, 'nobody twice');
  return {
    members: members.length,
    active: of('active'),
    away: of('away'),
    offline: of('offline'),
    dnd: members.filter(({ dnd }) => dnd).length,
  };
}

const counts = async reader => (await reader.ask('GET', 'counts')).body;

const conf = { ttl: 60, heartbeat: 30, wait: 4 };

describe('the counts', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf });
  });
  after(() => stack?.stop());

  it('are of an empty workspace, too, and have the cursor as ETag', async () => {
    const [u0, u1] = await stack.room(2);
    const first = await u0.ask('GET', 'counts');
    assert.deepEqual(numbers(first.body), { members: 2, active: 0, away: 0, offline: 2, dnd: 0 });
    assert.equal(first.headers.etag, `"${first.body.cursor}"`);
    const again = () => u0.ask('GET', 'counts', { headers: { 'If-None-Match': first.headers.etag } });
    assert.equal((await again()).status, 304);
    await u1.join();
    assert.equal((await again()).status, 200);
    assert.deepEqual(numbers(await counts(u0)), { members: 2, active: 1, away: 0, offline: 1, dnd: 0 });
  });

  it('are what the lists say, for member, self and invisible alike', async () => {
    const people = await stack.room(12);
    const seed = newSeed();
    const dice = new Dice(seed);
    const tabs = new Map();
    const deeds = [
      async one => tabs.set(one, (await one.join({ status: dice.pick(['active', 'away']) })).session),
      async one => tabs.has(one) && one.beat(tabs.get(one), { status: dice.pick(['active', 'away']) }),
      async one => {
        if (tabs.has(one)) await one.leaveNow(tabs.get(one));
        tabs.delete(one);
      },
      one => one.say({ show: dice.pick(['auto', 'away', 'invisible']) }),
      one => one.say({ dnd: dice.below(2) === 1 }),
      one => one.say({ text: dice.pick(['', 'x']), dnd: dice.below(2) === 1, for: 1 }),
      one => one.claim('call', { show: 'active', dnd: true, for: 1 + dice.below(2) }),
      one => one.unsay({ all: true }),
    ];
    for (let i = 0; i < 80; i++) {
      await dice.pick(deeds)(dice.pick(people)).catch(error => {
        if (!/404/.test(error.message)) throw error;
      });
      if (i % 10 < 9) continue;
      const same = async () => {
        const cursor = await people[0].cursor();
        const said = await Promise.all([people[0], people[5]].map(counts));
        const listed = await counted(people[1]);
        if ((await people[0].cursor()) !== cursor) return false; // an end came in between
        for (const one of said) assert.deepEqual(numbers(one), listed, `SEED=${seed}`);
        return true;
      };
      await until(same, 'counts and lists are read at the same moment');
    }
  });

  it('follow the members', async () => {
    const [u0] = await stack.room(2);
    await stack.addMember(u0.ws, 'new');
    await until(async () => (await counts(u0)).members === 3, 'one more');
    const added = stack.as('new', u0.ws);
    await added.join();
    await added.say({ dnd: true });
    await until(async () => (await counts(u0)).dnd === 1, 'who is not to be disturbed');
    await stack.adm('DELETE', `/workspaces/${u0.ws}/members/new`);
    await until(async () => (await counts(u0)).members === 2, 'one less');
    assert.deepEqual(numbers(await counts(u0)), { members: 2, active: 0, away: 0, offline: 2, dnd: 0 });
  });

  it('are told in a stream that asks for them, when they have changed', async () => {
    const [u0, u1] = await stack.room(2);
    const first = (await u1.poll({ counts: true })).body;
    assert.deepEqual(first.counts, { members: 2, active: 0, away: 0, offline: 2, dnd: 0 });
    assert.ok(!('counts' in (await u1.poll()).body), 'only if asked for');
    const parked = u1.poll({ counts: true, since: first.cursor });
    const { session } = await u0.join();
    const joined = (await parked).body;
    assert.deepEqual(joined.counts, { members: 2, active: 1, away: 0, offline: 1, dnd: 0 });
    const texted = u1.poll({ counts: true, since: joined.cursor });
    await u0.say({ text: 'x' });
    const { changes, ...more } = (await texted).body;
    assert.deepEqual([changes.length, more.counts], [1, undefined], 'they have not changed');
    const posted = (await u1.ask('POST', 'stream', { body: { counts: true, wait: 0 } })).body;
    assert.equal(posted.counts.active, 1);
    await u0.leaveNow(session);
  });

  it('are told in a stream of events', async () => {
    const [u0, u1] = await stack.room(2);
    const stream = await Events.open(u1, { counts: true });
    try {
      const first = await stream.next('changes');
      assert.deepEqual(first.data.counts, { members: 2, active: 0, away: 0, offline: 2, dnd: 0 });
      await u0.join();
      await until(() => stream.of('changes').at(-1).data.counts?.active === 1, 'it is told', atMost(2000));
    } finally {
      stream.close();
    }
  });

  it('of one worker wake who follows others at most once a second', () => withStack({ conf }, async one => {
    const [u0, u1, u2] = await one.room(3);
    const { session } = await u0.join();
    let { cursor } = (await u1.poll({ counts: true, user: 'u2' })).body;
    const answers = [];
    const began = Date.now();
    let over = false;
    const polling = (async () => {
      while (!over) {
        const { body } = await u1.poll({ counts: true, user: 'u2', since: cursor });
        ({ cursor } = body);
        if (body.counts) answers.push(body.counts);
        assert.deepEqual(body.changes.filter(({ user }) => user !== 'u2'), []);
      }
    })();
    for (let i = 0; Date.now() - began < 3000; i++) {
      await u0.beat(session, { status: i % 2 ? 'active' : 'away' });
      await pause(50);
    }
    const took = Date.now() - began;
    await u0.beat(session, { status: 'away' });
    await until(() => answers.at(-1)?.away === 1, 'the latest is told', 3000);
    over = true;
    await u2.join();
    await polling;
    assert.ok(answers.length >= 2 && answers.length <= Math.ceil(took / 1000) + 2, `${answers.length} in ${took} ms`);
  }));
});
