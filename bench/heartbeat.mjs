#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// Heartbeats a second through lighttpd with one worker, token and membership checked, against libfcgi's own accept loop saying
// hello behind the same lighttpd, in turn; and the worker's CPU for each.
import { cpuSeconds, heartbeatScript, joinAll, median, report, startBench, stopBench, wrk } from './stack.mjs';

const rounds = 3;
const seconds = 4;
const stack = await startBench({ yardsticks: ['hello'] });
try {
  const users = await stack.people('acme', 'u', 50);
  const script = heartbeatScript(stack, 'acme', await joinAll(stack, 'acme', users));
  const base = `http://127.0.0.1:${stack.port}`;
  const ratios = [];
  const costs = [];
  for (let round = 0; round < rounds; round++) {
    const hello = wrk(`${base}/hello`, seconds);
    const before = cpuSeconds(stack);
    const beats = wrk(`${base}/`, seconds, script);
    costs.push((cpuSeconds(stack) - before) / beats.requests * 1e6);
    ratios.push(beats.perSecond / hello.perSecond);
    console.log(`     round ${round + 1}: ${beats.perSecond.toFixed(0)} heartbeats/s, ${hello.perSecond.toFixed(0)} hellos/s`);
  }
  report('heartbeats against libfcgi\'s loop', median(ratios).toFixed(2), '1.7', 'times', median(ratios) >= 1.7);
  report('worker CPU a heartbeat', median(costs).toFixed(1), '20', 'us', median(costs) <= 20);
} finally {
  await stopBench(stack);
}
