#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// What a heartbeat costs as its workspace grows: CPU of worker and Redis together in a workspace of 10 people and in one of
// 100,000 who are all there, in turn. PEOPLE in the environment: how many.
import { scriptText } from '../tests/lib/redis.mjs';
import { cpuSeconds, heartbeatScript, joinAll, median, redisSeconds, report, startBench, stopBench, wrk } from './stack.mjs';

const crowd = Number(process.env.PEOPLE ?? 100000);
const rounds = 5;
const seconds = 3;

/* So many people at once come the short way: what a join leaves in Redis, written by its own script. */
async function fill(stack, ws, people) {
  const meta = (await stack.redis('KEYS', `rollcall:*:${ws}:meta`))[0];
  const prefix = meta.slice(0, meta.indexOf('}:') + 2);
  const sha = await stack.redis('SCRIPT', 'LOAD', scriptText('beat'));
  for (let from = 0; from < people; from += 500) {
    await Promise.all(Array.from({ length: Math.min(500, people - from) }, (_, i) => {
      const user = `crowd${from + i}`;
      return stack.redis('EVALSHA', sha, 5, `${prefix}due`, `${prefix}${ws}:state`, meta, `${prefix}${ws}:u:${user}`,
        `${prefix}ends`, `${ws} crowd-session ${user}`, 'crowd-session', 'join', 'active', '', 3600000, '',
        `3600000 - ${'x'.repeat(16)} 50 200 0 0`, '');
    }));
  }
}

const stack = await startBench({ conf: { ttl: 3600, heartbeat: 30 } });
try {
  const scripts = {};
  for (const ws of ['small', 'large'])
    scripts[ws] = heartbeatScript(stack, ws, await joinAll(stack, ws, await stack.people(ws, `${ws}-`, 10)));
  await fill(stack, 'large', crowd - 10);
  const costs = { small: [], large: [] };
  for (let round = 0; round < rounds; round++) {
    for (const ws of ['small', 'large']) {
      const before = cpuSeconds(stack) + await redisSeconds(stack);
      const { requests } = wrk(`http://127.0.0.1:${stack.port}/`, seconds, scripts[ws]);
      costs[ws].push((cpuSeconds(stack) + await redisSeconds(stack) - before) / requests * 1e6);
    }
  }
  const [small, large] = [median(costs.small), median(costs.large)];
  console.log(`     CPU of worker and Redis a heartbeat: ${small.toFixed(1)} us among 10 people, ${large.toFixed(1)} us among ${crowd}`);
  report(`a heartbeat among ${crowd} against one among 10`, (large / small).toFixed(2), '1.20', 'times', large <= 1.2 * small);
} finally {
  await stopBench(stack);
}
