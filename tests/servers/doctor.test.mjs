// SPDX-License-Identifier: ISC
// rollcalld --doctor finds nothing where all is well, and what is wrong where something is.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { describe, it } from 'node:test';
import { atPath, startServer } from '../lib/servers.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';

const conf = { ttl: 60, heartbeat: 5, wait: 2, gap: 5 };

/* Resolves with { status, out }. */
function doctor(stack, ...args) {
    return new Promise(resolve => {
        const child = spawn(rollcalld, ['-c', stack.path('rollcall.conf'), '--doctor', ...args], {
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        let out = '';
        child.stdout.on('data', text => (out += text));
        child.stderr.on('data', text => (out += text));
        child.on('close', status => resolve({ status, out }));
    });
}

/* Runs FN with a stack behind KIND; its configuration is changed by CHANGE(text) once it is written. */
const behind = (kind, options, fn) =>
    withStack({ web: null, conf, ...options }, async stack => {
        const dir = stack.path('web');
        mkdirSync(dir);
        const web = await startServer(kind, { dir, address: stack.address, ...options.at });
        try {
            /* The doctor knows a site by its name alone, which here leads nowhere; any other one gets the first. */
            await fn(stack, `http://127.0.0.1:${web.port}${atPath.prefix}`);
        } finally {
            await web.stop('SIGTERM', 3000);
        }
    });

const nothingBad = ({ status, out }) => {
    assert.ok(!/^BAD/m.test(out), out);
    assert.equal(status, 0, out);
};

describe('the doctor', { concurrency: 6 }, () => {
    for (const kind of ['lighttpd', 'nginx', 'apache'])
        it(`finds nothing wrong with ${kind} as it is shipped, and leaves nothing behind`, () =>
            behind(kind, {}, async (stack, url) => {
                const result = await doctor(stack, url);
                nothingBad(result);
                for (const good of [
                    'leads to Rollcall',
                    'passes Authorization',
                    '%2F',
                    '1 MB',
                    'at once',
                    'read timeout',
                ])
                    assert.match(result.out, new RegExp(`^ok .*${good}`, 'm'));
                const { body } = await stack.req('GET', '/v1/admin/workspaces', {
                    port: Number(new URL(url).port),
                    mount: atPath.prefix,
                    token: stack.admin,
                });
                assert.deepEqual(body.workspaces, []);
            }));

    it('sees a read timeout below the wait, a mount that leads elsewhere, and no server at all', () =>
        behind(
            'nginx',
            {
                conf: { ...conf, wait: 4 },
                at: { changes: [['fastcgi_read_timeout    60s', 'fastcgi_read_timeout 2s']] },
            },
            async (stack, url) => {
                const slow = await doctor(stack, url);
                assert.equal(slow.status, 1);
                assert.match(slow.out, /^BAD .*a poll of 4 s ended after 2\.\d s with 504.*fastcgi_read_timeout/m);
                const astray = await doctor(stack, url.replace('/presence', '/elsewhere'));
                assert.equal(astray.status, 1);
                assert.match(astray.out, /^BAD .*\/elsewhere\/healthz is answered 404, and not by Rollcall/m);
                const gone = await doctor(stack, 'http://127.0.0.1:1/presence');
                assert.match(gone.out, /^BAD .*it is not there/m);
                assert.match((await doctor(stack, 'https://example.org')).out, /^BAD .*HTTPS is not spoken/m);
            },
        ));

    it('sees that Apache keeps Authorization to itself', () =>
        behind('apache', { at: { changes: [[/CGIPassAuth On/g, '']] } }, async (stack, url) => {
            const { status, out } = await doctor(stack, url);
            assert.equal(status, 1);
            assert.match(out, /^BAD .*CGIPassAuth On/m);
        }));

    it('sees slashes that Apache does not let through', () =>
        behind('apache', { at: { changes: [[/AllowEncodedSlashes NoDecode/g, '']] } }, async (stack, url) => {
            const { status, out } = await doctor(stack, url);
            assert.equal(status, 1);
            assert.match(out, /^BAD .*AllowEncodedSlashes NoDecode/m);
        }));

    it('bears a server whose answers are cut short, or whose chunks are longer than they are', () =>
        withStack({ web: null, conf }, async stack => {
            const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
            const cut = ['', 'H', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\n\r\n'];
            for (const answer of [...cut, `${chunked}ffff\r\nshort`, `${chunked}2\r\nx`]) {
                const server = net.createServer(socket => {
                    socket.on('error', () => {});
                    socket.once('data', () => socket.end(answer));
                });
                await new Promise(done => server.listen(0, '127.0.0.1', done));
                const { status, out } = await doctor(stack, `http://127.0.0.1:${server.address().port}/presence`);
                server.close();
                assert.equal(status, 1, `${JSON.stringify(answer)}: ${out}`);
                assert.match(out, /^BAD .*web server/m);
            }
        }));

    it('sees what is wrong on this machine: no daemon, no Redis, a policy that evicts, a socket that everyone may use', () =>
        withStack(
            { web: null, conf, redisArgs: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] },
            async stack => {
                const first = await doctor(stack);
                assert.equal(first.status, 0, first.out);
                assert.match(first.out, /^ok .*socket.* is served$/m);
                assert.match(first.out, /^note .*listen_mode = 0660/m);
                assert.match(first.out, /^note .*redis .*allkeys-lru/m);
                assert.doesNotMatch(first.out, /^<\d>/m);
                assert.match(first.out, /^ok .*redis/m);
                chmodSync(stack.address, 0o660);
                assert.match((await doctor(stack)).out, /^(note|ok ) .*socket.*group/m);
                await stack.stopDaemon();
                const text = readFileSync(stack.path('rollcall.conf'), 'utf8');
                writeFileSync(
                    stack.path('rollcall.conf'),
                    text.replace(/redis = .*/, `redis = "unix:${stack.path('none.sock')}"`),
                );
                const second = await doctor(stack);
                assert.equal(second.status, 1);
                assert.match(second.out, /^BAD .*socket.*is rollcalld running/m);
                assert.match(second.out, /^BAD .*redis/m);
            },
        ));
});
