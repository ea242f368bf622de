// SPDX-License-Identifier: ISC
// How far a webhook is said to be behind, while its receiver fails, and once nothing is left to be told.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { newSession } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';

describe('a webhook that is behind', () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 1, conf: { ttl: 60, heartbeat: 30, leave_grace: 0 } });
  });
  after(() => stack?.stop());

  /**
   * Runs FN(receiver, people, {id, about()}) with N people and a webhook with BODY that has begun; about() resolves with how
   * far it has come.
   */
  const withWebhook = (fn, { n = 2, ...body } = {}) =>
    withReceiver(async receiver => {
      const people = await stack.room(n);
      const [{ ws }] = people;
      const id = `x-${ws}`;
      const secret = await addWebhook(stack, receiver, id, { workspace: ws, ...body });
      await receiver.begun(ws);
      await fn(receiver, people, { id, about: async () => (await stack.adm('GET', `/webhooks/${id}`)).body.workspaces[0] });
      receiver.check(secret);
      await stack.adm('DELETE', `/webhooks/${id}`);
    });

  it('does not fail any more if nothing is left to be told', () =>
    withWebhook(async (receiver, [u0], { id, about }) => {
      receiver.answer = 304; // which says nothing about where to go
      await u0.join();
      await until(async () => (await about()).failing_since, 'it fails', 20000);
      const failing = await about();
      assert.equal(failing.last_error, 'the receiver answered 304');
      assert.ok(failing.next_try > failing.failing_since);
      await until(async () => (await stack.metric('rollcall_webhook_failing')) === 1, 'the metric says that it fails');
      await stack.adm('PUT', `/webhooks/${id}`, { body: { url: receiver.url, workspace: u0.ws, delay: 0, events: ['dm'] } });
      const { delivered } = await about();
      const cursor = await u0.cursor();
      await until(async () => (await about()).cursor === cursor, 'nothing is left to be told', 20000);
      await until(async () => !(await about()).failing_since, 'it does not fail any more', 20000);
      assert.deepEqual(await about(), { workspace: u0.ws, cursor, lag_changes: 0, lag_s: 0, delivered });
      await until(async () => (await stack.metric('rollcall_webhook_failing')) === 0, 'the metric says so, too');
      assert.equal(await stack.metric('rollcall_webhook_lag_seconds'), 0);
    }));

  it('is told what it was not told yet, though it is to go back to where it has not been', () =>
    withWebhook(async (receiver, [u0, u1], { id, about }) => {
      receiver.answer = 503;
      await u0.join();
      await u1.join();
      await until(async () => (await about()).failing_since, 'it fails', 20000);
      const before = await about();
      const since = await u0.cursor();
      assert.notEqual(before.cursor, since);
      receiver.answer = 204;
      const { status } = await stack.adm('POST', `/webhooks/${id}/replay`, { body: { workspace: u0.ws, since } });
      assert.equal(status, 202);
      await until(() => receiver.here(u0.ws).u0 && receiver.here(u0.ws).u1, 'it is told of both', 60000);
    }));

  it('says for how long before anything has failed', () =>
    withWebhook(async (receiver, [u0], { about }) => {
      assert.equal((await about()).lag_s, 0);
      const held = [];
      receiver.answer = (letter, response) => held.push(response);
      await u0.join();
      const late = await until(async () => {
        const one = await about();
        return one.lag_s > 0 && one;
      }, 'the lag is told', 20000);
      assert.equal(late.failing_since, undefined);
      receiver.answer = 204;
      for (const response of held) response.writeHead(204).end();
      await until(async () => (await about()).lag_s === 0, 'nothing waits any more', 20000);
    }));

  /** While FN runs, PEOPLE come and go in turn, one each 150 ms. */
  const whileTheyChange = async (people, fn) => {
    const session = newSession();
    let over = false;
    const changing = (async () => {
      for (let i = 0; !over; i++) {
        const who = people[i % people.length];
        await (Math.floor(i / people.length) % 2 ? who.leaveNow(session) : who.join({ session }));
        await pause(150);
      }
    })();
    try {
      await Promise.race([fn(), changing]);
    } finally {
      over = true;
      await changing;
    }
  };

  /** ABOUT() says that changes wait, and that none is late. */
  const isInTime = async about => {
    const { lag_changes: changes, lag_s: s } = await about();
    return changes > 0 && s === 0;
  };

  it('is not late if people change all the time in ways that it is not told of', () =>
    withWebhook((receiver, people, { about }) =>
      whileTheyChange(people, async () => {
        await pause(5000); // several delays
        await until(() => isInTime(about), 'none is late');
      }), { n: 6, delay: 1, events: ['message'] }));

  it('is not late while it waits for one who changes all the time', () =>
    withWebhook((receiver, [u0], { about }) =>
      whileTheyChange([u0], async () => {
        await pause(9000); // more than a delay, and far less than the four after which they are told
        await until(() => isInTime(about), 'none is late', 6000);
      }), { delay: 5 }));

  it('fails until what failed is told, though those who were told of change again', () =>
    withWebhook(async (receiver, [u0], { about }) => {
      const session = newSession();
      receiver.answer = 503;
      await u0.join({ session });
      const since = await until(async () => (await about()).failing_since, 'it fails', 20000);
      await u0.leaveNow(session); // waits for the delay, which is longer than the pause after the first failure
      await until(async () => {
        assert.equal((await about()).failing_since, since);
        return receiver.refused.length > 1;
      }, 'that is told', 20000);
    }, { delay: 3 }));
});
