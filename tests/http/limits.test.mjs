// SPDX-License-Identifier: ISC
// How often one user may ask, and how often one address may ask as nobody.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { startStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';

describe('the rate limit', () => {
    let stack;
    before(async () => {
        stack = await startStack({ conf: { ttl: 60, heartbeat: 30, wait: 5, rate_limit: 2 } });
    });
    after(() => stack?.stop());

    /* Asks until FN is refused; resolves with the refusal and how many were served before. */
    async function exhaust(fn, most = 50) {
        for (let served = 0; served < most; served++) {
            const answer = await fn();
            if (answer.status === 429) return { answer, served };
            assert.ok(answer.status < 300, `${answer.status}`);
        }
        throw new Error(`${most} requests and no limit`);
    }

    it('serves a burst of twice the rate, then says when to come again', async () => {
        const [u0] = await stack.room(1);
        const { answer, served } = await exhaust(() => u0.beat('session-limit'));
        assert.ok(served >= 4 && served <= 8, `${served} in a burst`);
        assert.equal(answer.body.code, 'rate_limited');
        const after = Number(answer.headers['retry-after']);
        assert.ok(Number.isInteger(after) && after >= 1 && after <= 2, `Retry-After: ${after}`);
        await pause(after * 1000);
        assert.equal((await u0.beat('session-limit')).status, 200, 'its word is kept');
    });

    it('holds for join and dms too, and for each user alone', async () => {
        const [, u1, u2, u3] = await stack.room(4);
        await exhaust(() => u1.ask('POST', 'join', { body: {} }));
        await exhaust(() => u2.ask('POST', 'dms', { body: { participants: ['u1'] } }));
        assert.equal((await u3.beat('session-other')).status, 200);
    });

    it('does not hold for leave, status, stream and administrators', async () => {
        const [, , , , u4] = await stack.room(5);
        const { session } = await u4.join();
        await exhaust(() => u4.beat(session));
        for (let i = 0; i < 20; i++) {
            assert.equal((await u4.ask('GET', 'status')).status, 200);
            assert.equal((await stack.adm('GET', '/workspaces')).status, 200);
        }
        assert.equal((await u4.poll({ wait: 0, session })).status, 200);
        assert.equal((await u4.leave(session)).status, 204);
    });

    it('is counted in the metrics', async () => {
        await until(async () => (await stack.metric('rollcall_rate_limited_total')) >= 4, 'the refusals are counted');
    });
});

describe('the limit on those who are nobody', () => {
    const over = address => ({ REMOTE_ADDR: address });
    const bad = 'rc_'.padEnd(46, 'A');
    let stack;
    before(async () => {
        stack = await startStack({ web: null, conf: { ttl: 60, heartbeat: 30, wait: 5, rate_limit: 2 } });
    });
    after(() => stack?.stop());

    const me = (address, token) => fcgi.call(stack.address, 'GET', '/v1/me', { over: over(address), token });

    async function exhaust(address) {
        for (let refused = 0; refused < 50; refused++) {
            const answer = await me(address, bad);
            if (answer.status === 429) return { answer, refused };
            assert.equal(answer.status, 401);
        }
        throw new Error('50 requests and no limit');
    }

    it('answers 401 in a burst, then 429 with when to come again', async () => {
        const { answer, refused } = await exhaust('192.0.2.1');
        assert.ok(refused >= 4 && refused <= 6, `${refused} in a burst`);
        assert.equal(answer.body.code, 'rate_limited');
        assert.match(answer.headers['retry-after'], /^[1-9]$/);
        assert.equal((await me('192.0.2.1')).status, 429, 'without a token too');
        await pause(Number(answer.headers['retry-after']) * 1000);
        assert.equal((await me('192.0.2.1', bad)).status, 401, 'its word is kept');
    });

    it('is of each address, and of each network in IPv6', async () => {
        await exhaust('192.0.2.2');
        assert.equal((await me('192.0.2.3', bad)).status, 401);
        await exhaust('2001:db8:0:1::1');
        assert.equal((await me('2001:db8:0:1:ffff::2', bad)).status, 429);
        assert.equal((await me('2001:db8:0:2::1', bad)).status, 401);
    });

    it('lets those in who are somebody, and does not hold where there is no address', async () => {
        await exhaust('192.0.2.4');
        for (let i = 0; i < 10; i++) assert.equal((await me('192.0.2.4', stack.admin)).status, 200);
        for (const address of ['', 'unix:', undefined])
            for (let i = 0; i < 10; i++) assert.equal((await me(address, bad)).status, 401);
    });
});
