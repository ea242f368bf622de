// SPDX-License-Identifier: ISC
// The connections to Redis: what start-up proves, and peers that close, cut or say nothing.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withStack } from '../lib/stack.mjs';
import { pause, until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

const withOwn = (options, fn) => withStack({ conf: { ttl: 30, heartbeat: 10, wait: 2, gap: 5 }, ...options }, fn);

const notReady = stack =>
    until(
        async () => {
            const answer = await stack.req('GET', '/readyz');
            return answer.status === 503 && answer.body.ready === false && answer;
        },
        'readyz is 503',
        20000,
    );

describe('the links to Redis', { concurrency: 4 }, () => {
    const rights = {
        channels: ['allkeys', '+@all', 'resetchannels'],
        scripts: ['allkeys', 'allchannels', '+@all', '-@scripting'],
        keys: ['resetkeys', 'allchannels', '+@all'],
    };
    const names = { channels: /channel|publish|subscribe/i, scripts: /script|eval/i, keys: /key|NOPERM/i };
    for (const [missing, rules] of Object.entries(rights)) {
        it(`name the missing right to ${missing}, and work once it is given`, async () => {
            const port = await freePort();
            await withOwn({ redisArgs: ['--port', String(port)] }, async stack => {
                await stack.redis('ACL', 'SETUSER', 'rollcall', 'on', '>a secret', ...rules);
                await stack.stopDaemon();
                stack.writeConf({ redis: `redis://rollcall:a%20secret@127.0.0.1:${port}/0` });
                stack.startDaemon();
                const { body } = await notReady(stack);
                assert.match(JSON.stringify(body), names[missing]);
                await until(
                    () =>
                        stack
                            .log()
                            .split('\n')
                            .some(line => names[missing].test(line) && /NOPERM|lacks|right|permission/i.test(line)),
                    'the log names it',
                );
                assert.ok(!stack.log().includes('secret'), 'and not the password');
                await stack.redis('ACL', 'SETUSER', 'rollcall', 'on', 'allkeys', 'allchannels', '+@all');
                await stack.ready();
                const [u0] = await stack.room(1);
                await u0.join();
            });
        });
    }

    it('warn of a policy by which Redis may evict presence', () =>
        withOwn({ redisArgs: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] }, async stack => {
            await until(() => /maxmemory-policy/.test(stack.log()), 'the log warns');
        }));

    it('come up when Redis does, and until then the daemon lives and says why it cannot work', () =>
        withOwn({ proxy: true }, async stack => {
            const [u0] = await stack.room(1);
            await stack.stopDaemon();
            stack.peer.accepting = 'close';
            stack.peer.drop();
            stack.startDaemon();
            const { body } = await notReady(stack);
            assert.match(JSON.stringify(body), /redis/i);
            assert.equal((await stack.req('GET', '/healthz')).status, 200);
            assert.equal((await u0.ask('POST', 'join', { body: {} })).status, 503);
            stack.peer.accepting = 'pass';
            await stack.ready();
            await u0.join();
        }));

    it('back off from a peer that accepts and closes', () =>
        withOwn({ proxy: true }, async stack => {
            stack.peer.accepting = 'close';
            stack.peer.drop();
            const before = stack.peer.accepted;
            await pause(3000);
            const tries = stack.peer.accepted - before;
            assert.ok(tries >= 2 && tries < 60, `${tries} connections in 3 s`);
            stack.peer.accepting = 'pass';
            await stack.ready();
        }));

    it('that are cut again and again, at each point of a reply, leave every request one answer', () =>
        withOwn({ proxy: true }, async stack => {
            const people = await stack.room(6);
            let commands = 0;
            const statuses = {};
            stack.peer.rule = () => {
                commands++;
                if (commands % 7 === 0) return { cut: commands % 31 };
                return commands % 50 === 0 ? 'close' : 'pass';
            };
            const end = Date.now() + 8000;
            await Promise.all(
                people.map(async (one, i) => {
                    while (Date.now() < end) {
                        const { status } = await one.beat(`session-cut-${i}`, {
                            status: Math.random() < 0.5 ? 'active' : 'away',
                        });
                        statuses[status] = (statuses[status] ?? 0) + 1;
                    }
                }),
            );
            assert.deepEqual(
                Object.keys(statuses).filter(status => !['200', '503'].includes(status)),
                [],
                JSON.stringify(statuses),
            );
            stack.peer.rule = null;
            await stack.ready();
            for (const [i, one] of people.entries()) assert.equal((await one.beat(`session-cut-${i}`)).status, 200);
        }));

    it('that say nothing are dropped, what waits on them is refused, and then they come back', () =>
        withOwn({ proxy: true }, async stack => {
            const [u0] = await stack.room(1);
            stack.peer.rule = () => 'hang';
            const waiting = u0.beat('session-hung', {});
            const { status, ms } = await waiting;
            assert.equal(status, 503);
            assert.ok(ms < 15000, `after ${ms} ms`);
            await notReady(stack);
            stack.peer.rule = null;
            await stack.ready();
            assert.equal((await u0.beat('session-hung')).status, 200);
        }));

    it('bear replies that are not Redis', () =>
        withOwn({ proxy: true }, async stack => {
            const [u0] = await stack.room(1);
            for (const answer of [
                'HTTP/1.1 400 Bad Request',
                '+OK',
                ':1',
                '$-1',
                '*-1',
                '*0',
                '$3\r\nabc',
                '-ERR unknown command',
                '*2\r\n:1\r\n$-1',
            ]) {
                stack.peer.answerAll(answer);
                const { status } = await u0.beat('session-odd');
                assert.ok(status === 503 || status === 500, `${answer}: ${status}`);
                stack.peer.rule = null;
                stack.peer.drop();
                await stack.ready(30000);
            }
        }));
});
