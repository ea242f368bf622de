// SPDX-License-Identifier: ISC
// A receiver that took a letter that failed all the same, and what it is told afterwards: never is it left with an older
// state, also about users who are invisible.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newSession } from '../lib/person.mjs';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30, leave_grace: 0 };

/* RECEIVER knows that u0 is STATUS, and INVISIBLE or not. */
const knows = (receiver, ws, status, invisible = false) =>
  until(() => {
    const u0 = receiver.state(ws).u0 ?? { status: 'offline' };
    return u0.status === status && (u0.invisible ?? false) === invisible;
  }, `u0 is ${status}`, 30000);

/* From now on, RECEIVER takes letters without an answer. Returns a function that ends that: those letters fail. */
function hang(receiver) {
  const held = [];
  receiver.answer = (letter, response) => {
    receiver.letters.push(letter);
    held.push(response);
  };
  return () => {
    receiver.answer = 204;
    for (const response of held) response.writeHead(503).end();
  };
}

/** Runs FN(receiver, u0, id of the webhook) with a webhook of STACK that reveals, and an invisible u0 who is offline. */
const withWebhook = (stack, body, fn) =>
  withReceiver(async receiver => {
    const [u0] = await stack.room(1);
    const id = `x-${u0.ws}`;
    await u0.say({ show: 'invisible' });
    const secret = await addWebhook(stack, receiver, id, { workspace: u0.ws, reveal: true, events: ['status'], ...body });
    await receiver.begun(u0.ws);
    await fn(receiver, u0, id);
    receiver.check(secret);
    await stack.adm('DELETE', `/webhooks/${id}`);
  });

describe('a letter about an invisible user', { concurrency: 4 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 1, conf });
  });
  after(() => stack?.stop());

  it('that fails is followed by what they are by then', () =>
    withWebhook(stack, {}, async (receiver, u0) => {
      const session = newSession();
      const end = hang(receiver);
      await u0.join({ session });
      await knows(receiver, u0.ws, 'active', true);
      await u0.leaveNow(session);
      await pause(2500); // it is known that they have gone, so nothing is new since the last answer
      end();
      await knows(receiver, u0.ws, 'offline');
    }));

  it('that fails is followed by what they are by then, if they show themselves meanwhile', () =>
    withWebhook(stack, {}, async (receiver, u0) => {
      await u0.unsay();
      await u0.join();
      await knows(receiver, u0.ws, 'active');
      const end = hang(receiver);
      await u0.say({ show: 'invisible' });
      await knows(receiver, u0.ws, 'active', true);
      await u0.unsay();
      await pause(2500);
      end();
      await knows(receiver, u0.ws, 'active');
    }));

  it('that fails counts if they are not to be shown any more', () =>
    withWebhook(stack, {}, async (receiver, u0, id) => {
      const end = hang(receiver);
      await u0.join();
      await knows(receiver, u0.ws, 'active', true);
      await stack.adm('PUT', `/webhooks/${id}`, { body: { url: receiver.url, workspace: u0.ws, events: ['status'], delay: 0 } });
      end();
      await knows(receiver, u0.ws, 'offline');
    }));

  it('is followed by their leave, if they were shown before what others see of them was due', () =>
    withWebhook(stack, { delay: 5 }, async (receiver, u0) => {
      const session = newSession();
      await u0.join({ session });
      await knows(receiver, u0.ws, 'active', true);
      await u0.unsay();
      await knows(receiver, u0.ws, 'active');
      await u0.leaveNow(session);
      await knows(receiver, u0.ws, 'offline');
    }));

  it('cannot be gone back to, so a replay tells everybody', () =>
    withWebhook(stack, {}, async (receiver, u0, id) => {
      const { cursor: since } = receiver.told(u0.ws).at(-1);
      await u0.join();
      await knows(receiver, u0.ws, 'active', true);
      const count = receiver.letters.length;
      await stack.adm('POST', `/webhooks/${id}/replay`, { body: { workspace: u0.ws, since } });
      await until(() => receiver.letters.length > count, 'it is told again', 15000);
      assert.equal(receiver.letters[count].data.resync, true);
      await knows(receiver, u0.ws, 'active', true);
    }));
});

describe('a letter about an invisible user, if the process that sent it is killed', () => {
  it('is followed by what they are by then', () =>
    withStack({ workers: 1, conf }, stack => withWebhook(stack, {}, async (receiver, u0) => {
      const session = newSession();
      const end = hang(receiver);
      await u0.join({ session });
      await knows(receiver, u0.ws, 'active', true);
      const [pid] = await until(() => stack.workers(true), 'a process delivers webhooks');
      await u0.leaveNow(session);
      process.kill(pid, 'SIGKILL');
      end();
      await knows(receiver, u0.ws, 'offline');
    })));
});
