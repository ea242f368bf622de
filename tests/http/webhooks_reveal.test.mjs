// SPDX-License-Identifier: ISC
// A webhook that shows what invisible users are, while it cannot be found out: nobody is told to be gone who is not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { newSession } from '../lib/person.mjs';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

/* Whether a command with these WORDS asks what users are, u0 among them. */
const asks = ([name, , , due, state, ...rest]) =>
  name === 'EVALSHA' && due.endsWith(':due') && state?.endsWith(':state') && rest.includes('u0');

describe('a webhook that shows invisible users', () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 1, proxy: true, conf: { ttl: 60, heartbeat: 30 } });
  });
  after(() => stack?.stop());

  /* From now on, what asks about u0 has this ANSWER; resolves once it was asked SOME times. */
  const breakFor = (answer, some = 3) => {
    let asked = 0;
    stack.peer.rule = words => {
      if (!asks(words)) return 'pass';
      asked++;
      return answer;
    };
    return until(() => asked >= some, 'it is asked what u0 is', 30000);
  };

  const mend = () => (stack.peer.rule = null);

  const isTold = (receiver, ws, status, invisible) =>
    until(() => {
      const { u0 } = receiver.state(ws);
      return u0?.status === status && (u0.invisible ?? false) === invisible;
    }, `u0 is ${status}`, 20000);

  /* RECEIVER was never told that u0 is gone: neither so, nor by a letter that tells of everybody but them. */
  const neverGone = (receiver, ws) => {
    for (const { resync, changes } of receiver.told(ws)) {
      const { status } = changes.find(({ user }) => user === 'u0') ?? { status: resync ? 'not told' : 'as before' };
      assert.ok(['active', 'away', 'as before'].includes(status), `u0 is ${status}`);
    }
  };

  /** Runs FN(receiver, [u0, u1], session) with a webhook that was told that u0 is invisible and active. */
  const withInvisible = (fn, prepare = () => {}) =>
    withReceiver(async receiver => {
      const [u0, u1] = await stack.room(2);
      await prepare(u0.ws);
      const session = newSession();
      await u0.join({ session });
      const secret = await addWebhook(stack, receiver, u0.ws, { workspace: u0.ws, reveal: true });
      await receiver.begun(u0.ws);
      await u0.say({ show: 'invisible' });
      await isTold(receiver, u0.ws, 'active', true);
      try {
        await fn(receiver, [u0, u1], session);
      } finally {
        mend();
      }
      receiver.check(secret);
      await stack.adm('DELETE', `/webhooks/${u0.ws}`);
    });

  const goesOn = async (answer, receiver, [u0, u1], session) => {
    await breakFor(answer);
    await u1.join();
    await u0.beat(session, { status: 'away' });
    await until(() => receiver.here(u0.ws).u1 === 'active', 'others are told', 20000);
    assert.equal(receiver.state(u0.ws).u0.status, 'active', 'what u0 is now, nobody knows');
    mend();
    await isTold(receiver, u0.ws, 'away', true);
    neverGone(receiver, u0.ws);
    await u0.leaveNow(session);
    await isTold(receiver, u0.ws, 'offline', false);
  };

  for (const [name, answer] of Object.entries({
    'refuses': { answer: '-ERR not now' },
    'answers something else': { answer: '*1\r\n:1' },
  }))
    it(`goes on from what it knew while Redis ${name}`, () => withInvisible((...all) => goesOn(answer, ...all)));

  it('goes on from what it knew while it can find out what some are, but not others', () =>
    withInvisible(
      (...all) => goesOn({ answer: '-ERR not now' }, ...all),
      async ws => {
        /* They are asked about before u0, in a call of their own. */
        const members = Array.from({ length: 600 }, (_, i) => JSON.stringify({ user: `a${i}` })).join('\n');
        assert.equal((await stack.adm('POST', `/workspaces/${ws}/members`, { body: members })).status, 200);
        const rows = `INSERT INTO status (workspace, user, rev, changed_ms)
          SELECT workspace, user, 1, 1 FROM member WHERE workspace = '${ws}' AND user LIKE 'a%'`;
        execFileSync('sqlite3', ['-batch', '-bail', '-cmd', '.timeout 5000', stack.path('rollcall.db'), rows]);
      }));

  it('loses its connection while it asks, and tells of nobody that they are gone', () =>
    withInvisible(async (receiver, [u0], session) => {
      await breakFor('close', 2);
      mend();
      await stack.ready();
      await u0.beat(session, { status: 'away' });
      await isTold(receiver, u0.ws, 'away', true);
      neverGone(receiver, u0.ws);
    }));

  it('begins again, and waits until it knows who is invisible', () =>
    withInvisible(async (receiver, [u0, u1], session) => {
      const [pid] = stack.workers(true);
      const letters = receiver.letters.length;
      const broken = breakFor({ answer: '-ERR not now' }, 5);
      process.kill(pid, 'SIGKILL');
      await broken;
      await u1.join();
      await u0.beat(session, { status: 'away' });
      assert.notEqual(stack.workers(true)[0] ?? pid, pid, 'another process delivers');
      mend();
      await isTold(receiver, u0.ws, 'away', true);
      assert.ok(receiver.told(u0.ws).slice(letters).some(({ resync }) => resync), 'it is told everything');
      neverGone(receiver, u0.ws);
      await until(() => receiver.here(u0.ws).u1 === 'active', 'others are told, too');
    }));

  it('shows them at once if that is asked for later', () =>
    withReceiver(async first => withReceiver(async second => {
      const [u0] = await stack.room(1);
      const { ws } = u0;
      await u0.join();
      await u0.say({ show: 'invisible' });
      await addWebhook(stack, first, `${ws}-1`, { workspace: ws, reveal: true });
      await addWebhook(stack, second, `${ws}-2`, { workspace: ws });
      await isTold(first, ws, 'active', true);
      await second.begun(ws);
      assert.ok(second.letters.every(({ text }) => !text.includes('invisible')));
      await stack.adm('PUT', `/webhooks/${ws}-2`, { body: { url: second.url, workspace: ws, delay: 0, reveal: true } });
      await isTold(second, ws, 'active', true);
    })));
});
