// SPDX-License-Identifier: ISC
// Each of the shipped configurations serves the module for pages beside Rollcall, and the administrators' page, and nothing
// else of their directory.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { request } from '../lib/http.mjs';
import { atPath, fastcgiServers, startServer } from '../lib/servers.mjs';
import { rollcalld, startStack } from '../lib/stack.mjs';

const kinds = [...fastcgiServers, 'lighttpd-spawn', 'lighttpd-cgi', 'apache-cgi'];
const files = readdirSync(new URL('../../www/', import.meta.url));
const modules = files.filter(name => /^rollcall.*\.js$/.test(name));
const admin = files.filter(name => /^(admin.*|style\.css|icon\.svg)$/.test(name));
const types = { css: 'text/css', html: 'text/html', js: 'text/javascript', svg: 'image/svg+xml' };
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

      for (const path of [...modules, ...[...admin, ...modules].map(name => `rollcall-admin/${name}`)])
        it(path, async () => {
          const { status, headers, bytes } = await get(`/${path}`);
          assert.equal(status, 200);
          assert.equal(headers['content-type'].split(';')[0], types[path.split('.').at(-1)]);
          assert.ok(bytes.equals(file(path.split('/').at(-1))), 'is the file itself');
        });

      it('and nothing else that lies there', async () => {
        for (const path of ['/rollcall.d.ts', '/rollcall', '/rollcall.js/', '/rollcall-tabsxjs', '/rollcall-Tabs.js', '/package.json',
          '/rollcall-admin/', '/rollcall-admin/index.html', '/rollcall-admin/package.json', '/rollcall-admin/../www/demo.js', '/admin.html']) {
          const { status, bytes } = await get(path);
          /* Caddy says 200 of what it knows nothing of, and no more. */
          assert.ok(status === 404 || bytes.length === 0, `${path} is answered ${status}`);
        }
      });
    });
});
