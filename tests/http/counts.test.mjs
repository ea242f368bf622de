// SPDX-License-Identifier: ISC
// How many members are here: read once, and sent by the stream when the numbers change.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Dice, newSeed } from '../lib/dice.mjs';
import { Events } from '../lib/events.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, until } from '../lib/until.mjs';

const counted = (members, active, away, dnd = 0) => ({ members, active, away, offline: members - active - away, dnd });

/** What the lists that READER reads say. */
async function listedBy(reader) {
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

describe('counts', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 20 } });
  });
  after(() => stack?.stop());

  /** What GET counts says, without its cursor and its time. */
  async function countsFor(person) {
    const { status, body } = await person.ask('GET', 'counts');
    assert.equal(status, 200);
    const { cursor, now, ...counts } = body;
    assert.equal(cursor, await person.cursor());
    assert.ok(now > 0);
    return counts;
  }

  it('are what the lists say', async () => {
    const [u0, u1, u2] = await stack.room(5);
    assert.deepEqual(await countsFor(u0), counted(5, 0, 0));
    const { session } = await u0.join();
    await u1.join({ status: 'away' });
    const left = await u2.join();
    assert.deepEqual(await countsFor(u0), counted(5, 2, 1));
    await u0.join(); // a second page is not a second person
    await u0.beat(session, { status: 'away' });
    await u2.leaveNow(left.session);
    assert.deepEqual(await countsFor(u0), counted(5, 1, 1));
    const { body } = await u0.ask('GET', 'members');
    const of = status => body.members.filter(one => one.status === status).length;
    assert.deepEqual(await countsFor(u1), counted(body.members.length, of('active'), of('away')));
  });

  it('are what the lists say, whatever people do, invisible ones too', async () => {
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
      await dice.pick(deeds)(dice.pick(people));
      if (i % 10 < 9) continue;
      const same = async () => {
        const cursor = await people[0].cursor();
        const said = await Promise.all([people[0], people[5]].map(async one => (await one.ask('GET', 'counts')).body));
        const listed = await listedBy(people[1]);
        if ((await people[0].cursor()) !== cursor) return false; // an end came in between
        for (const { cursor: _cursor, now: _now, ...counts } of said) assert.deepEqual(counts, listed, `SEED=${seed}`);
        return true;
      };
      await until(same, 'counts and lists are read at the same moment');
    }
  });

  it('follow the members', async () => {
    const [u0, u1] = await stack.room(3);
    await u1.join();
    assert.deepEqual(await countsFor(u0), counted(3, 1, 0));
    assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u1`)).status, 204);
    assert.deepEqual(await countsFor(u0), counted(2, 0, 0));
    assert.equal((await stack.adm('PUT', `/workspaces/${u0.ws}/members/extra`, { body: { name: 'Extra' } })).status, 201);
    assert.deepEqual(await countsFor(u0), counted(3, 0, 0));
  });

  it('have the cursor as their ETag', async () => {
    const [u0, u1] = await stack.room(2);
    await u0.join();
    const { headers, body } = await u1.ask('GET', 'counts');
    assert.equal(headers.etag, `"${body.cursor}"`);
    const again = await u1.ask('GET', 'counts', { headers: { 'If-None-Match': headers.etag } });
    assert.deepEqual([again.status, again.bytes.length, again.headers.etag], [304, 0, headers.etag]);
    await u1.join();
    assert.equal((await u1.ask('GET', 'counts', { headers: { 'If-None-Match': headers.etag } })).status, 200);
  });

  it('are for members only', async () => {
    const [u0] = await stack.room(1);
    await stack.people(`${u0.ws}-else`, 'other', 1);
    assert.equal((await stack.as('other0', u0.ws).ask('GET', 'counts')).status, 403);
  });

  it('come with a first answer, and then only when they changed', async () => {
    const [u0, u1] = await stack.room(3);
    await u0.join();
    const first = (await u1.poll({ counts: true, wait: 0 })).body;
    assert.deepEqual(first.counts, counted(3, 1, 0));
    assert.equal((await u1.poll({ since: first.cursor, counts: true, wait: 0 })).body.counts, undefined);
    await u1.join({ status: 'away' });
    const second = (await u1.ask('POST', 'stream', { body: { since: first.cursor, counts: true, wait: 0 } })).body;
    assert.deepEqual(second.counts, counted(3, 1, 1));
    await u0.say({ text: 'x' });
    const { changes, counts } = (await u1.poll({ since: second.cursor, counts: true, wait: 20 })).body;
    assert.deepEqual([changes.length, counts], [1, undefined], 'a message changes none of them');
    assert.equal((await u1.poll({ since: first.cursor, wait: 0 })).body.counts, undefined, 'nobody asked for them');
  });

  it('wake a poll that follows somebody else', async () => {
    const [u0, u1, u2] = await stack.room(3);
    await u0.join();
    const since = await u1.cursor();
    const poll = u1.poll({ since, user: 'u0', counts: true, wait: 20 });
    await u2.join();
    const { body } = await poll;
    assert.deepEqual([body.changes, body.counts], [[], counted(3, 2, 0)]);
    assert.equal(body.cursor, await u1.cursor());
  });

  it('wake it at most once a second if nothing else changes, and are right in the end', async () => {
    const [u0, u1, u2] = await stack.room(3);
    await u0.join();
    const { session } = await u2.join();
    let since = await u1.cursor();
    let counts;
    let answers = 0;
    let done = false;
    const began = performance.now();
    const following = (async () => {
      while (!done || counts?.away !== 1) {
        const { body } = await u1.poll({ since, user: 'u0', counts: true, wait: 2 });
        since = body.cursor;
        counts = body.counts ?? counts;
        answers += body.counts ? 1 : 0;
      }
    })();
    for (let i = 0; performance.now() - began < 2500; i++) await u2.beat(session, { status: i % 2 ? 'active' : 'away' });
    await u2.beat(session, { status: 'active' });
    await u2.beat(session, { status: 'away' });
    done = true;
    await following;
    assert.deepEqual(counts, counted(3, 1, 1));
    assert.ok(answers <= (performance.now() - began) / 1000 + 1, `${answers} answers`);
  });

  it('are told by events too', async () => {
    const [u0, u1, u2] = await stack.room(3);
    const stream = await Events.open(u1, { user: 'u0', counts: true });
    assert.deepEqual((await stream.next('changes', 0)).data.counts, counted(3, 0, 0));
    const began = performance.now();
    await u2.join();
    const { data, at } = await stream.next('changes', 1);
    assert.deepEqual([data.changes, data.counts], [[], counted(3, 1, 0)]);
    assert.ok(at - began < atMost(8000), `after ${at - began} ms`);
    await u0.join();
    assert.deepEqual((await stream.next('changes', 2)).data.counts, counted(3, 2, 0));
    stream.close();
  });

  it('are asked for by true or false', async () => {
    const [u0] = await stack.room(1);
    assert.equal((await u0.poll({ counts: 'yes', wait: 0 })).status, 400);
    assert.equal((await u0.ask('POST', 'stream', { body: { counts: 1, wait: 0 } })).status, 400);
    assert.equal((await u0.poll({ counts: 'false', wait: 0 })).body.counts, undefined);
  });
});
