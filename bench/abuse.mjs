#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// One user with a valid token tries for SECONDS (5) each whatever could make something grow or others wait, as fast as 32
// connections (200 for polls) take it, with rate_limit at its default. What has grown, and how long heartbeats of others take.
import { Crowd } from '../tests/lib/crowd.mjs';
import { report, startBench, stopBench } from './stack.mjs';
import { abuses } from '../tests/lib/abuse.mjs';
import { startFlood } from '../tests/lib/flood.mjs';
import { stackVitals } from '../tests/lib/vitals.mjs';

const seconds = Number(process.env.SECONDS ?? 5);
const BEATS = 50;
const BEAT_MS = 250;
/* In MiB, of all abuses together. The database: 1,000 conversations with 5,000 seats, and what SQLite writes ahead. */
const MOST = { 'Redis memory': 1, 'database size': 8, 'worker 1 rss': 24 };

const pause = ms => new Promise(done => setTimeout(done, ms));
const stack = await startBench({ conf: { rate_limit: 20 } });
const crowd = new Crowd(stack, { rooms: 1, size: 200 });
try {
  const [web] = stack.extra.slice(-1);
  await stack.people('harm', 'h', 1);
  const lines = Array.from({ length: 1000 }, (_, i) => JSON.stringify({ user: `m${i}`, name: `Member ${i}` })).join('\n');
  await stack.admDone('POST', '/workspaces/harm/members', { body: lines, headers: { 'Content-Type': 'application/x-ndjson' } });
  const token = stack.tokens.get('h0');
  const joined = await stack.req('POST', '/v1/workspaces/harm/join', { token, body: { session: 'session-f' } });
  await crowd.come();
  crowd.start(BEATS);
  await pause(2000);
  const before = await stackVitals(stack, web.pid);
  let worst = 0;
  for (const { what, requests, connections } of abuses({ ws: 'harm', token, since: joined.body.cursor })) {
    const start = await stackVitals(stack, web.pid);
    crowd.lap();
    const flood = startFlood(stack.port, requests, connections);
    await pause(seconds * 1000);
    const end = await stackVitals(stack, web.pid);
    const lap = crowd.lap();
    const answers = await flood.stop();
    worst = Math.max(worst, lap.beatP99);
    const grown = Object.keys(MOST).map(name => `${name} ${(end[name] - start[name]).toFixed(2)}`).join(', ');
    console.log(`     ${what}: ${JSON.stringify(answers)}; grown, MiB: ${grown}; keys ${end['Redis keys'] - start['Redis keys']}; heartbeat of others p99 ${lap.beatP99.toFixed(0)} ms`);
  }
  const after = await stackVitals(stack, web.pid);
  for (const [name, most] of Object.entries(MOST))
    report(`${name} after all of it, ${before[name].toFixed(1)} before; more`, (after[name] - before[name]).toFixed(2), most, 'MiB', after[name] - before[name] <= most);
  report('a heartbeat of others, p99, at worst', worst.toFixed(0), BEAT_MS, 'ms', worst <= BEAT_MS);
  const failed = Object.entries(crowd.counts.beats).filter(([status]) => status !== '200').length;
  report('heartbeats of others that failed', failed, '0', 'kinds', failed === 0);
} finally {
  crowd.stop();
  await stopBench(stack);
}
