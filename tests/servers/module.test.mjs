// SPDX-License-Identifier: ISC
// Each of the shipped configurations serves the module for pages beside Rollcall, and nothing else of its directory.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { request } from '../lib/http.mjs';
import { atPath, fastcgiServers, startServer } from '../lib/servers.mjs';
import { rollcalld, startStack } from '../lib/stack.mjs';

const kinds = [...fastcgiServers, 'lighttpd-spawn', 'lighttpd-cgi', 'apache-cgi'];
const modules = readdirSync(new URL('../../www/', import.meta.url)).filter(name => /^rollcall.*\.js$/.test(name));
const file = name => readFileSync(new URL(`../../www/${name}`, import.meta.url));

describe('/rollcall.js through', { concurrency: true }, () => {
  for (const kind of kinds)
    describe(kind, () => {
      let stack, server;
      before(async () => {
        stack = await startStack({ web: undefined, mount: undefined });
        const own = stack.path(kind);
        mkdirSync(own);
        server = await startServer(kind, { dir: own, address: stack.address, rollcalld, conf: stack.path('rollcall.conf') });
      });
      after(async () => {
        await server?.kill();
        await stack?.stop();
      });
      const get = path => request({ port: server.port, method: 'GET', path, headers: { Host: atPath.host } });

      for (const name of modules)
        it(name, async () => {
          const { status, headers, bytes } = await get(`/${name}`);
          assert.equal(status, 200);
          assert.match(headers['content-type'], /^text\/javascript\b/);
          assert.ok(bytes.equals(file(name)), 'is the file itself');
        });

      it('and nothing else that lies there', async () => {
        for (const path of ['/rollcall.d.ts', '/rollcall', '/rollcall.js/', '/rollcall-tabsxjs', '/rollcall-Tabs.js', '/package.json']) {
          const { status, bytes } = await get(path);
          /* Caddy says 200 of what it knows nothing of, and no more. */
          assert.ok(status === 404 || bytes.length === 0, `${path} is answered ${status}`);
        }
      });
    });
});
