// SPDX-License-Identifier: ISC
// When somebody was last seen: as exactly as the workspace, that user's setting and the reader's own setting allow.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Clock, canMoveClocks } from '../lib/clock.mjs';
import { withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30, wait: 20, retention: 86400 * 30 };
const step = { hour: 3600000, day: 86400000 };

/** What a reader is shown of SINCE at NOW: its step, but never the current one. */
const graded = (since, grade, now) =>
  Math.min(Math.floor(since / step[grade]) * step[grade], Math.floor(now / step[grade]) * step[grade] - step[grade]);

/** U0 comes and leaves; resolves with when, as READER is told while it is exact. */
async function lastSeen(u0, reader) {
  const { session } = await u0.join();
  await u0.leaveNow(session);
  return (await reader.entryOf(u0.user)).since;
}

const policy = (one, last_seen) => one.stack.adm('PUT', `/workspaces/${one.ws}`, { body: { last_seen } });

async function hide(one, last_seen) {
  const { status, body } = await one.ask('PUT', 'me/settings', { body: { last_seen } });
  assert.equal(status, 200, JSON.stringify(body));
}

/** The entry of u0 in each answer that READER gets; conversations apart. */
async function entries(reader) {
  const of = list => list.find(({ user }) => user === 'u0');
  const members = (await reader.ask('GET', 'members')).body;
  const statuses = (await reader.ask('GET', 'status?user=u0')).body;
  const many = (await reader.ask('POST', 'status', { body: { users: ['u0'] } })).body;
  return [[of(members.members), members.now], [of(statuses.users), statuses.now], [of(many.users), many.now]];
}

async function inDms(reader) {
  const { body } = await reader.ask('GET', 'dms');
  return body.dms.flatMap(({ participants }) => participants).find(({ user }) => user === 'u0');
}

describe('last seen', { concurrency: 6 }, () => {
  for (const grade of ['hour', 'day'])
    it(`can be to the ${grade}, and asking often does not sharpen it`, { skip: !canMoveClocks() }, () => {
      const clock = new Clock();
      const env = clock.env;
      const beforeRedis = stack => (stack.redisEnv = { ...process.env, ...env });
      return withStack({ beforeRedis, conf }, async stack => {
        const [u0, u1] = await stack.room(2);
        await u1.ask('POST', 'dms', { body: { participants: ['u0'] } });
        const since = await lastSeen(u0, u1);
        await policy(u0, grade);
        const isGraded = async () => {
          for (const [entry, now] of await entries(u1)) assert.equal(entry.since, graded(since, grade, now));
          return true;
        };
        await until(isGraded, 'every answer is graded');
        for (const hours of [1, 2, 25, 49, 73]) {
          clock.step(hours * 3600);
          await until(async () => (await entries(u1)).every(([, now]) => now > since + (hours - 0.1) * 3600000) && isGraded(), `after ${hours} h`);
        }
        assert.equal((await inDms(u1)).since, since, 'who shares a conversation knows it exactly');
      });
    });

  it('can be hidden: then there is no field, and no other hint', () =>
    withStack({ conf }, async stack => {
      const [u0, u1] = await stack.room(2);
      await lastSeen(u0, u1);
      await policy(u0, 'hidden');
      await until(async () => !('since' in (await u1.entryOf('u0'))), 'the policy is known');
      for (const [entry] of await entries(u1)) {
        const { user, status, ...more } = entry;
        delete more.name;
        delete more.role;
        assert.deepEqual([user, status, more], ['u0', 'offline', {}]);
      }
      await u0.join();
      assert.ok((await u1.entryOf('u0')).since > 0, 'of somebody who is here it is no last seen');
    }));

  it('is told to nobody exactly by who hides theirs, nor to them', () =>
    withStack({ workers: 2, conf }, async stack => {
      const [u0, u1, u2] = await stack.room(3);
      for (const one of [u1, u2]) await one.ask('POST', 'dms', { body: { participants: ['u0'] } });
      await u1.ask('POST', 'dms', { body: { participants: ['u2'] } });
      const since = await lastSeen(u0, u1);
      await lastSeen(u1, u2);
      await hide(u1, 'hidden');
      await until(async () => !('since' in (await u2.entryOf('u1'))), 'it is hidden from others');
      for (const [entry] of await entries(u1)) assert.ok(!('since' in entry), JSON.stringify(entry));
      assert.ok(!('since' in (await inDms(u1))), 'in conversations, too');
      for (const [entry] of await entries(u2)) assert.equal(entry.since, since);
      assert.equal((await inDms(u2)).since, since);
      const { body } = await u2.ask('GET', 'dms');
      const hidden = body.dms.flatMap(({ participants }) => participants).find(({ user }) => user === 'u1');
      assert.ok(!('since' in hidden), 'a setting of one\'s own counts in conversations');
    }));

  it('of one\'s own can be stricter than the workspace\'s, and not laxer', () =>
    withStack({ conf }, async stack => {
      const [u0, u1] = await stack.room(2);
      const since = await lastSeen(u0, u1);
      await hide(u0, 'day');
      const isGraded = async () => {
        const [[entry, now]] = await entries(u1);
        return entry.since === graded(since, 'day', now);
      };
      await until(isGraded, 'it is graded');
      await policy(u0, 'hidden');
      await until(async () => !('since' in (await u1.entryOf('u0'))), 'the workspace is stricter');
      await hide(u0, 'exact');
      assert.ok(!('since' in (await u1.entryOf('u0'))));
      assert.equal((await u0.ask('GET', 'me/settings')).body.last_seen, 'exact');
      for (const wrong of ['week', 7, '']) assert.equal((await u0.ask('PUT', 'me/settings', { body: { last_seen: wrong } })).status, 400);
    }));

  it('in changes is graded, too, and no answer names the setting', () =>
    withStack({ conf }, async stack => {
      const [u0, u1] = await stack.room(2);
      const { session } = await u0.join();
      await hide(u0, 'hidden');
      const eye = await u1.follow();
      await u0.leaveNow(session);
      const gone = await eye.saw('u0', 'offline');
      assert.ok(!('since' in gone), JSON.stringify(gone));
      const { bytes } = await u1.ask('GET', 'status?user=u0', { raw: true });
      assert.ok(!bytes.includes('seen') && !bytes.includes('hidden'), bytes.toString());
    }));
});
