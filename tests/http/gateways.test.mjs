// SPDX-License-Identifier: ISC
// Who asks, as web servers pass it on: a name that nobody has checked is no name, and a credential that is kept back is told.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { atPath, startServer } from '../lib/servers.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30, wait: 2 };
const basic = { Authorization: `Basic ${Buffer.from('victim:wrong').toString('base64')}` };
const me = (stack, options) => stack.req('GET', '/v1/me', options);

describe('a name that a web server passes on', { concurrency: 4 }, () => {
    for (const auth of [['token'], ['token', 'remote_user']])
        it(`through nginx without auth_basic is nobody, with ${auth.join(' and ')}`, () =>
            withStack({ web: 'nginx', auth, conf }, async stack => {
                await stack.people('acme', 'u', 1);
                const { status, body } = await me(stack, { headers: basic });
                assert.deepEqual([status, body.code], [401, 'no_credential']);
            }));

    for (const web of ['lighttpd', 'nginx', 'apache'])
        it(`is none where a header of the client names it, through ${web}`, () =>
            withStack({ web, auth: ['token', 'remote_user'], conf }, async stack => {
                for (const name of [
                    'Remote-User',
                    'X-Remote-User',
                    'X-Forwarded-User',
                    'X-Auth-Request-User',
                    'Auth-Type',
                    'Authenticated-User',
                    'Redirect-Remote-User',
                ]) {
                    const headers = { [name]: 'admin', 'Auth-Type': 'Basic', 'X-Auth-Type': 'Basic' };
                    assert.equal((await me(stack, { headers })).status, 401, name);
                    assert.equal((await stack.req('GET', '/v1/admin/workspaces', { headers })).status, 401, name);
                }
            }));

    it('counts where it was checked, and remote_user is on; else it does not', async () => {
        const asked = { over: { REMOTE_USER: 'u0', AUTH_TYPE: 'Basic' } };
        for (const [auth, status] of [
            [['token'], 401],
            [['token', 'remote_user'], 200],
        ])
            await withStack({ web: null, auth, conf }, async stack => {
                const answer = await fcgi.call(stack.address, 'GET', '/v1/me', asked);
                assert.equal(answer.status, status, auth.join(' '));
            });
    });

    it('makes nobody an administrator', () =>
        withStack({ web: null, auth: ['token', 'remote_user'], conf }, async stack => {
            for (const REMOTE_USER of ['admin', 'root', 'token:1', 'rc_admin']) {
                const over = { REMOTE_USER, AUTH_TYPE: 'Basic' };
                const answer = await fcgi.call(stack.address, 'GET', '/v1/admin/workspaces', { over });
                assert.deepEqual([answer.status, answer.body.code], [403, 'admin_only'], REMOTE_USER);
            }
        }));
});

describe('a name that is none', () => {
    let stack;
    before(async () => {
        stack = await startStack({ web: null, auth: ['remote_user', 'token'], conf });
    });
    after(() => stack?.stop());

    it('is nobody: empty, blank, of control characters, too long', async () => {
        for (const REMOTE_USER of ['', ' ', '\t', '\n', 'a\nb', '\u0085', 'u\x7f', 'x'.repeat(129)])
            for (const AUTH_TYPE of ['Basic', '', ' ']) {
                const over = { REMOTE_USER, AUTH_TYPE };
                const { status } = await fcgi.call(stack.address, 'GET', '/v1/me', { over });
                assert.equal(status, 401, JSON.stringify(over));
            }
    });

    it('is nobody with a NUL in it, whom no web server has', async () => {
        const over = { REMOTE_USER: 'u0\0x', AUTH_TYPE: 'Basic' };
        const answer = await fcgi.call(stack.address, 'GET', '/v1/me', { over });
        assert.ok(answer === null || [400, 401].includes(answer.status), JSON.stringify(answer));
    });

    it('does not stand in the way of a token', async () => {
        const over = { REMOTE_USER: '', AUTH_TYPE: '' };
        const { body } = await fcgi.call(stack.address, 'GET', '/v1/me', { over, token: stack.admin });
        assert.equal(body.admin, true);
    });
});

describe('a token', () => {
    it('that Apache keeps to itself is missed, and the log names the setting', () =>
        withStack({ web: null, conf }, async stack => {
            const dir = stack.path('web');
            mkdirSync(dir);
            const changes = [[/CGIPassAuth On/g, '']];
            const web = await startServer('apache', { dir, address: stack.address, changes });
            try {
                const { status, body } = await me(stack, { token: stack.admin, port: web.port, mount: atPath.prefix });
                assert.deepEqual([status, body.code], [401, 'no_credential']);
                await until(() => /CGIPassAuth On/.test(stack.log()), 'the log names it');
            } finally {
                await web.stop('SIGTERM', 3000);
            }
        }));

    it('that Apache passes on, as shipped, is known', () =>
        withStack({ web: null, conf }, async stack => {
            const dir = stack.path('web');
            mkdirSync(dir);
            const web = await startServer('apache', { dir, address: stack.address });
            try {
                const answer = await me(stack, { token: stack.admin, port: web.port, mount: atPath.prefix });
                assert.equal(answer.body.admin, true);
                assert.ok(!/CGIPassAuth/.test(stack.log()));
            } finally {
                await web.stop('SIGTERM', 3000);
            }
        }));
});
