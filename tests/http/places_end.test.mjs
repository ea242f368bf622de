// SPDX-License-Identifier: ISC
// What ends somebody's stay at a place ends it for good, whatever was said before and Redis was not told yet; and those
// who knew of it are told.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asText, beAt, endAt, peopleOf, readAt, typeAt, Watcher } from '../lib/places.mjs';
import { startStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30, wait: 25 };

/** PERSON says so often that they are at PLACE that both workers owe Redis some of it; returns the last count. */
async function sayOften(person, place, body = {}) {
  const rounds = 6;
  for (let n = 1; n <= rounds; n++)
    await Promise.all(Array.from({ length: 6 }, () => beAt(person, person.at, place, { for: 30, n, ...body })));
  return rounds;
}

/** Somebody who left PLACE does not come back to it by themselves, as READER sees. */
async function staysEmpty(reader, place) {
  for (let i = 0; i < 20; i++) {
    assert.equal(await readAt(reader, place), '', `look ${i}`);
    await pause(25);
  }
}

describe('what is done at a place ends', { concurrency: 4 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf });
  });
  after(() => stack?.stop());

  /** The conversation ID of PEOPLE, as an administrator sets it; resolves with its place. */
  const setDm = async (id, people) => {
    const body = { participants: people.map(one => one.user), name: 'Plan' };
    const { status } = await stack.adm('PUT', `/workspaces/${people[0].ws}/dms/${id}`, { body });
    assert.ok([200, 201].includes(status), `${status}`);
    return `dm:${id}`;
  };
  const removeDm = async (person, id) =>
    assert.equal((await stack.adm('DELETE', `/workspaces/${person.ws}/dms/${id}`)).status, 204);

  it('for who is removed from the conversation, although it was said again a moment before', async () => {
    const [u0, u1, u2] = await peopleOf(stack, 3);
    const place = await setDm(500, [u0, u1, u2]);
    await sayOften(u2, place);
    await setDm(500, [u0, u1]);
    await until(async () => (await readAt(u0, place)) === '', 'u2 is gone from it');
    await staysEmpty(u0, place);
  });

  it('with the conversation, and is not in another one that gets its id', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const place = await setDm(500, [u0, u1]);
    await sayOften(u1, place, { doing: 'typing' });
    await removeDm(u0, 500);
    await setDm(500, [u0, u1]);
    await until(async () => (await readAt(u0, place)) === '', 'nobody is there');
    await staysEmpty(u0, place);
  });

  it('by a stop without a count, although it was said again with counts', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    for (const doing of ['viewing', undefined]) {
      const place = `here ${doing}`; // each has its counts
      await sayOften(u0, place);
      await endAt(u0, u0.at, place, { doing });
      await staysEmpty(u1, place);
    }
  });

  it('when one without a count says, although it was to last longer by what was said before', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    await sayOften(u0, 'here');
    await beAt(u0, u0.at, 'here', { for: 2 });
    await until(async () => (await readAt(u1, 'here')) === '', 'two seconds later');
    await staysEmpty(u1, 'here');
  });

  it('by the later count, if both have one', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const n = await sayOften(u0, 'here');
    await endAt(u0, u0.at, 'here', { n: n - 1 });
    await until(async () => (await readAt(u1, 'here')) === 'u0: viewing', 'a stop that was overtaken ends nothing');
    await endAt(u0, u0.at, 'here', { n: n + 1 });
    await until(async () => (await readAt(u1, 'here')) === '', 'one that is later does');
    await staysEmpty(u1, 'here');
  });

  for (const id of [8388607, 8388608, 10000001, 4503599627370496]) {
    it(`for who may not know it any more, and they are told, if the conversation is ${id}`, async () => {
      const [u0, u1, u2] = await peopleOf(stack, 3);
      const place = await setDm(id, [u0, u1, u2]);
      const watcher = await Watcher.start(u2, 'dm:*');
      await typeAt(u1, u1.at, place, { for: 300 });
      await watcher.knows(place, 'u1: typing');
      const { body: away } = await u0.poll({ place: 'dm:*', wait: 0 });
      assert.deepEqual(away.places.map(one => asText(one.people)), ['u1: typing']);
      await setDm(id, [u0, u1]);
      await watcher.knows(place, '');
      await removeDm(u0, id);
      const { body } = await u0.poll({ place: 'dm:*', since: away.cursor });
      assert.deepEqual(body.places, [{ place, people: [], count: 0 }], 'who was away');
      assert.equal((await u0.poll({ place: 'dm:*', since: body.cursor, wait: 0 })).body.places, undefined);
      await watcher.stop();
    });
  }
});
