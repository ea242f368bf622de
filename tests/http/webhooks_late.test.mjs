// SPDX-License-Identifier: ISC
// What an administrator sees of a webhook that has been failing for long.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const plain = { headers: { Accept: 'text/plain' } };

describe('a webhook whose receiver has failed for an hour', () => {
  it('says since when, why and how far behind it is, in numbers for alarms too, and takes a replay at once', () =>
    withStack({ workers: 1, conf: { ttl: 60, heartbeat: 30 } }, own =>
      withReceiver(async receiver => {
        const progress = async () => (await own.adm('GET', '/webhooks/late')).body.workspaces[0];
        const [u0, u1] = await own.room(2);
        await u0.join();
        await addWebhook(own, receiver, 'late', { workspace: u0.ws });
        await receiver.begun(u0.ws);
        receiver.answer = 503;
        await u1.join();
        await until(async () => (await progress()).failing_since, 'it is said to fail');
        await own.stopDaemon();

        /* As it would be an hour later. */
        const [key] = await own.redis('KEYS', `rollcall:*:${u0.ws}:hooks`);
        const state = JSON.parse(await own.redis('HGET', key, 'late'));
        const began = state.failing_since - 3600000;
        const next = Date.now() + 1800000;
        Object.assign(state, { failing_since: began, behind_since: began, next_try: next, attempt: 9 });
        await own.redis('HSET', key, 'late', JSON.stringify(state));
        own.startDaemon();
        await own.ready();

        const cursor = receiver.told(u0.ws).at(-1).cursor;
        await until(async () => (await own.metric('rollcall_webhook_failing')) === 1, 'the metric says that it fails');
        await until(async () => (await own.metric('rollcall_webhook_lag_seconds')) >= 3600, 'the metric says for how long');
        const told = await progress();
        assert.deepEqual([told.failing_since, told.cursor], [began, cursor]);
        assert.match(told.last_error, /503/);
        assert.ok(told.lag_s >= 3600 && told.lag_changes >= 1, JSON.stringify(told));
        assert.ok(Math.abs(told.next_try - next) < 60000, 'a restart does not hurry');
        const table = (await own.adm('GET', '/webhooks', plain)).bytes.toString();
        assert.ok(table.includes(new Date(began).toISOString().slice(0, 19)), table);

        receiver.answer = 204;
        const letters = receiver.letters.length;
        assert.equal((await own.adm('POST', '/webhooks/late/replay', { body: { workspace: u0.ws } })).status, 202);
        await until(() => receiver.letters.length > letters, 'it is sent at once', 10000);
        const last = receiver.told(u0.ws).at(-1);
        assert.equal(last.resync, true);
        assert.deepEqual(receiver.here(u0.ws), { u0: 'active', u1: 'active' });
        await until(async () => (await own.metric('rollcall_webhook_failing')) === 0, 'the metric says that it goes well');
        await until(async () => (await progress()).lag_changes === 0, 'nothing waits');
        const { failing_since: since, next_try: then, last_error: error, lag_s: lag } = await progress();
        assert.deepEqual([since, then, error, lag], [undefined, undefined, undefined, 0]);
      }),
    ));
});
