#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// Each web server with the configuration that is shipped, sized as it says: parks 10,000 polls (or POLLS, or what the limit on
// descriptors allows) through it, and has all of them answered by one change. Memory of the server for a poll, polls lost, and the
// last answer. Names of servers as arguments: only these.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { call } from '../tests/lib/fcgi.mjs';
import { startServer } from '../tests/lib/servers.mjs';
import { startStack } from '../tests/lib/stack.mjs';
import { until } from '../tests/lib/until.mjs';
import { compile, memoryBytes, report } from './stack.mjs';

const hard = Number(/Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
// lighttpd takes no more connections once nine tenths of its descriptors are in use.
const count = Math.min(Number(process.env.POLLS ?? 10000), Math.floor((hard * 0.9 - 500) / 2));
const mount = '/presence';
const times = { ttl: 60, heartbeat: 30, wait: 55, gap: 10, leave_grace: 5, closed_grace: 8 };

/* What conf/apache.conf says for 10,000, in its comment. */
function apacheLimits() {
  const text = readFileSync(new URL('../conf/apache.conf', import.meta.url), 'utf8');
  return [...text.matchAll(/^# {5}(\w+ +\d+)$/gm)].map(([, line]) => line).join('\n');
}

/* Of the daemon itself: the web server keeps its counters for others. */
async function parked(stack) {
  const { body } = await call(stack.address, 'GET', '/metrics');
  return [...body.matchAll(/^rollcall_parked_polls(?:\{.*\})? (\d+)$/gm)].reduce((sum, [, polls]) => sum + Number(polls), 0);
}

async function measure(kind) {
  const stack = await startStack({ web: null, workers: 2, mount, conf: times });
  const dir = stack.path('web');
  mkdirSync(dir);
  const changes = kind === 'caddy' ? [['http://www.example.org:', 'http://:']] : undefined;
  const server = await startServer(kind, { dir, address: stack.address, limits: apacheLimits(), changes });
  try {
    stack.port = server.port;
    const users = await stack.people('acme', 'u', 200);
    const [first, ...others] = users;
    const ask = (path, body) => stack.req('POST', `/v1/workspaces/acme/${path}`, { user: first, body });
    const { body: joined } = await ask('join', {});
    const lines = Array.from({ length: count }, (_, i) => {
      const token = stack.tokens.get(others[i % others.length]);
      return `${mount}/v1/workspaces/acme/stream?since=${joined.cursor}\t${token}`;
    });
    writeFileSync(stack.path('requests'), lines.join('\n') + '\n');
    const before = memoryBytes({ daemon: server });
    const child = spawn(compile('polls', stack.dir), [String(server.port), stack.path('requests')], { stdio: ['pipe', 'pipe', 'inherit'] });
    const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await output.next();
    await until(async () => await parked(stack) === count, 'all polls are parked', 45000);
    const kib = (memoryBytes({ daemon: server }) - before) / count / 1024;
    child.stdin.write('\n');
    await output.next();
    await ask('heartbeat', { session: joined.session, status: 'away' });
    const result = JSON.parse((await output.next()).value);
    const lost = result.early + result.failed + result.missing;
    console.log(`     ${kind}: ${kib.toFixed(1)} KiB of the server a poll; first answer ${result.first} ms, p50 ${result.p50} ms, last ${result.last} ms`);
    report(`${kind}: of ${count} parked polls lost`, lost, '0', 'polls', lost === 0);
  } finally {
    await server.stop('SIGTERM', 5000);
    await stack.stop();
  }
}

const asked = process.argv.slice(2);
for (const kind of asked.length ? asked : ['lighttpd', 'nginx', 'apache', 'caddy']) await measure(kind);
