#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// From the end of a lease to the answer that tells another user of it; and how long a client that vanished without a word stays
// on: behind nginx, which tells, and behind lighttpd, which does not. PEOPLE in the environment: how many lapse.
import net from 'node:net';
import { report } from './stack.mjs';
import { startStack } from '../tests/lib/stack.mjs';
import { startWeb } from '../tests/lib/web.mjs';

const people = Number(process.env.PEOPLE ?? 200);

/* Follows the stream as USER until WANTED users went offline; resolves with what was told of each and when. */
async function follow(stack, ws, user, since, wanted) {
  const told = new Map();
  while (told.size < wanted) {
    const { body } = await stack.req('GET', `/v1/workspaces/${ws}/stream?since=${since}&wait=25`, { user });
    since = body.cursor;
    for (const change of body.changes)
      if (change.status === 'offline') told.set(change.user, Date.now());
  }
  return told;
}

async function lapses() {
  const stack = await startStack({ conf: { ttl: 3, heartbeat: 1, wait: 25, gap: 1 } });
  try {
    const [watcher, ...users] = await stack.people('acme', 'u', people + 1);
    const { body } = await stack.req('GET', '/v1/workspaces/acme/status', { user: watcher });
    const following = follow(stack, 'acme', watcher, body.cursor, people);
    const due = new Map();
    for (const user of users) {
      await stack.req('POST', '/v1/workspaces/acme/join', { user, body: {} });
      due.set(user, Date.now() + 3000);
    }
    const told = await following;
    const late = users.map(user => told.get(user) - due.get(user)).sort((a, b) => a - b);
    const p99 = late[Math.floor(late.length * 0.99)];
    console.log(`     ${people} lapses: p50 ${late[late.length >> 1]} ms, last ${late.at(-1)} ms after the lease's end`);
    report('lease lapsed -> delivered, p99', p99, '500', 'ms', p99 <= 500);
  } finally {
    await stack.stop();
  }
}

/* A client that polls and whose connection then breaks off: how long until another is told, in seconds. */
async function vanish(stack, port, user) {
  const token = stack.tokens.get(user);
  const { body } = await stack.req('POST', '/v1/workspaces/acme/join', { user, body: { session: 'vanishing' } });
  const following = follow(stack, 'acme', 'u0', body.cursor, 1);
  const before = await stack.parked();
  const client = net.connect(port, '127.0.0.1');
  client.on('error', () => {});
  client.write(`GET /rollcall/v1/workspaces/acme/stream?since=${body.cursor}&session=vanishing HTTP/1.1\r\nHost: x\r\n` +
    `Authorization: Bearer ${token}\r\n\r\n`);
  while (await stack.parked() < before + 1) await new Promise(done => setTimeout(done, 20));
  client.resetAndDestroy();
  const gone = Date.now();
  return ((await following).get(user) - gone) / 1000;
}

async function vanishings() {
  const stack = await startStack({ conf: { ttl: 60, heartbeat: 30, wait: 25, gap: 10, leave_grace: 5, closed_grace: 8 } });
  const nginx = await startWeb('nginx', { dir: stack.dir, mount: '/rollcall', address: stack.address });
  try {
    await stack.people('acme', 'u', 3);
    const [told, silent] = await Promise.all([vanish(stack, nginx.port, 'u1'), vanish(stack, stack.port, 'u2')]);
    report('client vanished -> offline, behind nginx', told.toFixed(1), '10', 's', told <= 10);
    report('client vanished -> offline, behind lighttpd', silent.toFixed(1), '40.5', 's', silent <= 40.5);
  } finally {
    await nginx.stop('SIGTERM', 2000);
    await stack.stop();
  }
}

await lapses();
await vanishings();
