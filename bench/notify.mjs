#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// What the verdict for a push costs: POST notify for 500 users at once, of whom some are active, away, not to be disturbed,
// invisible, and in a conversation. Worker and Redis, CPU.
import * as fcgi from '../tests/lib/fcgi.mjs';
import { cpuSeconds, median, redisSeconds, report, startBench, stopBench } from './stack.mjs';

const PEOPLE = 500;
const CALLS = 400;
const ROUNDS = 5;

const asUser = user => ({ REMOTE_USER: user, AUTH_TYPE: 'Basic' });
const stack = await startBench({ conf: { auth: ['token', 'remote_user'], rate_limit: 0 } });

async function all(users, method, what, body) {
  const statuses = await fcgi.callMany(stack.address, users.length, i =>
    ({ method, target: `/v1/workspaces/acme/${what}`, body, over: asUser(users[i]) }));
  if (Object.keys(statuses).some(status => status >= 300)) throw new Error(`${method} ${what}: ${JSON.stringify(statuses)}`);
}

async function prepare() {
  const users = Array.from({ length: PEOPLE }, (_, i) => `user-${i}@example.org`);
  const body = users.map(user => JSON.stringify({ user })).join('\n');
  await stack.adm('PUT', '/workspaces/acme');
  await stack.adm('POST', '/workspaces/acme/members', { body, headers: { 'Content-Type': 'application/x-ndjson' } });
  await stack.adm('PUT', '/workspaces/acme/dms/7', { body: { participants: users.slice(0, 50) } });
  await all(users.slice(280, 300), 'PUT', 'me/status', { show: 'invisible' });
  await all(users.slice(0, 200), 'POST', 'join', { session: 'session-1' });
  await all(users.slice(200, 300), 'POST', 'join', { session: 'session-1', status: 'away' });
  await all(users.slice(180, 230), 'PUT', 'me/status', { dnd: true, for: 3600 });
  return users;
}

/* CPU of the worker and of Redis for each of many calls with BODY, us. */
async function cost(token, body) {
  const before = [cpuSeconds(stack), await redisSeconds(stack)];
  const statuses = await fcgi.callMany(stack.address, CALLS, () =>
    ({ method: 'POST', target: '/v1/admin/workspaces/acme/notify', token, body }));
  if (statuses[200] !== CALLS) throw new Error(JSON.stringify(statuses));
  return [cpuSeconds(stack) - before[0], (await redisSeconds(stack)) - before[1]].map(s => s / CALLS * 1e6);
}

try {
  const users = await prepare();
  const token = await stack.newToken({ scope: ['notify'], workspace: 'acme' });
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await cost(token, { users }));
  const [worker, redis] = [0, 1].map(at => median(rounds.map(round => round[at])));
  const [dm] = await cost(token, { users, dm: 7 });
  console.log(`     Redis's CPU for ${PEOPLE} users: ${redis.toFixed(0)} us; the worker's about a conversation of 50: ${dm.toFixed(0)} us`);
  report(`worker CPU for the verdicts on ${PEOPLE} users`, worker.toFixed(0), '1000', 'us', worker <= 1000);
} finally {
  await stopBench(stack);
}
