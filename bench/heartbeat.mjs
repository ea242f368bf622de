#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// Heartbeats a second through lighttpd with one worker, token and membership checked, against libfcgi's own accept loop saying
// hello behind the same lighttpd, in turn; and the CPU that each takes, of the worker and of Redis.
import { cpuSeconds, heartbeatScript, joinAll, median, redisSeconds, report, startBench, stopBench, wrk } from './stack.mjs';

const rounds = 3;
const seconds = 4;
const stack = await startBench({ yardsticks: ['hello'] });
try {
  const users = await stack.people('acme', 'u', 50);
  const script = heartbeatScript(stack, 'acme', await joinAll(stack, 'acme', users));
  const base = `http://127.0.0.1:${stack.port}`;
  const ratios = [];
  const costs = { worker: [], redis: [] };
  for (let round = 0; round < rounds; round++) {
    const hello = wrk(`${base}/hello`, seconds);
    const before = { worker: cpuSeconds(stack), redis: await redisSeconds(stack) };
    const beats = wrk(`${base}/`, seconds, script);
    costs.worker.push((cpuSeconds(stack) - before.worker) / beats.requests * 1e6);
    costs.redis.push((await redisSeconds(stack) - before.redis) / beats.requests * 1e6);
    ratios.push(beats.perSecond / hello.perSecond);
    console.log(`     round ${round + 1}: ${beats.perSecond.toFixed(0)} heartbeats/s, ${hello.perSecond.toFixed(0)} hellos/s`);
  }
  report('heartbeats against libfcgi\'s loop', median(ratios).toFixed(2), '1.7', 'times', median(ratios) >= 1.7);
  console.log(`     Redis's CPU a heartbeat: ${median(costs.redis).toFixed(1)} us`);
  report('worker CPU a heartbeat', median(costs.worker).toFixed(1), '20', 'us', median(costs.worker) <= 20);
} finally {
  await stopBench(stack);
}
