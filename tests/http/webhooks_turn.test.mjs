// SPDX-License-Identifier: ISC
// Of all processes that deliver webhooks on one Redis, one has the turn: how it gives that back, and what it must not
// take over after it has lost it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { withStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';

const TURN = 'rollcall:{0}:hook-turn';
const LATE_MS = 1500; // longer than the second between two looks at the directory

const withTurn = fn =>
  withStack({ workers: 1, proxy: true, conf: { ttl: 60, heartbeat: 30 } }, own => withReceiver(receiver => fn(own, receiver)));

/** From now on, answers to who asks for the turn are late, and are ANSWER instead of Redis's. Returns how many asked. */
function delayTurn(peer, answer) {
  const asked = { count: 0 };
  const deliver = async (socket, reply) => {
    await pause(LATE_MS);
    socket.write(answer?.() ?? reply);
  };
  peer.rule = words => {
    if (!words.includes(TURN)) return 'pass';
    asked.count++;
    return { deliver };
  };
  return asked;
}

const nobodys = () => `*2\r\n:${Date.now()}\r\n:0\r\n`;

describe('the turn to deliver webhooks', { concurrency: 2 }, () => {
  it('is given back by a process that is told to stop while it asks for more', () =>
    withTurn(async (own, receiver) => {
      const [u0] = await own.room(1);
      await addWebhook(own, receiver, 'a', { workspace: u0.ws });
      await receiver.begun(u0.ws);
      const asked = delayTurn(own.peer);
      await until(() => asked.count > 0, 'it asks for more');
      await own.stopDaemon();
      assert.equal(Number(await own.redis('EXISTS', TURN)), 0);
    }));

  it('is what counts when an answer comes: how far a webhook has come is read again later', () =>
    withTurn(async (own, receiver) => {
      const [u0, u1] = await own.room(2);
      const put = body => own.adm('PUT', '/webhooks/a', { body: { url: receiver.url, delay: 0, workspace: u0.ws, ...body } });
      await addWebhook(own, receiver, 'a', { workspace: u0.ws });
      await receiver.begun(u0.ws);
      await put({ active: false });
      await withReceiver(async other => {
        await addWebhook(own, other, 'b', { workspace: u0.ws });
        await other.begun(u0.ws); // so the process has seen both
      });
      const asked = delayTurn(own.peer, nobodys);
      await put({ active: true });
      await until(() => asked.count > 1, 'it asks again', 15000);

      /* Another process has told the receiver of u1 by now. */
      await u1.join();
      const [key] = await own.redis('KEYS', `rollcall:*:${u0.ws}:hooks`);
      const state = JSON.parse(await own.redis('HGET', key, 'a'));
      const { cursor } = (await own.adm('GET', `/workspaces/${u0.ws}/status`)).body;
      await own.redis('HSET', key, 'a', JSON.stringify({ ...state, cursor, since: cursor, delivered: 7 }));
      const letters = receiver.letters.length;
      own.peer.rule = null;
      await u0.join({ status: 'away' });
      await until(() => receiver.letters.length > letters, 'it delivers again', 15000);
      const { since, changes } = receiver.told(u0.ws).at(-1);
      assert.deepEqual([since, changes.map(({ user }) => user)], [cursor, ['u0']]);
    }));
});
