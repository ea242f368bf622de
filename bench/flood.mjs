#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// PEOPLE (5,000) people poll and send 200 heartbeats a second through lighttpd: first alone, then beside RATE (2,000) nonsense
// requests a second, SLOW (500) clients who send a byte a second and as many who hardly read, then alone again. What they
// notice, and what each process holds.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { call } from '../tests/lib/fcgi.mjs';
import { Crowd, percentile } from '../tests/lib/crowd.mjs';
import { report, startBench, stopBench } from './stack.mjs';
import { startNuisance } from '../tests/lib/nuisance.mjs';
import { stackVitals } from '../tests/lib/vitals.mjs';

const people = Number(process.env.PEOPLE ?? 5000);
const rate = Number(process.env.RATE ?? 2000);
const slow = Number(process.env.SLOW ?? 500);
const floodSeconds = Number(process.env.SECONDS ?? 60);
const ROOM = 250;
const BEATS = 200;
const FLIP_MS = 1000;
const PROBE_MS = 100;
const SETTLE_SECONDS = 30;
const BOUND_MS = { wake: 500, beat: 500 };
/* MiB: a worker's unfinished requests, and what waits to be read; the web server's share of both; what malloc keeps. */
const MOST = { 'worker 1 rss': 64, 'worker 2 rss': 64, 'web server rss': 256, 'Redis memory': 2 };
const KEPT = { 'worker 1 rss': 8, 'worker 2 rss': 8, 'web server rss': 64, 'Redis memory': 1 };

const pause = ms => new Promise(done => setTimeout(done, ms));

/* Looks at all for SECONDS: the greatest of each vital, and what people noticed. */
async function phase(name, stack, crowd, web, seconds) {
  const most = {};
  crowd.lap();
  const start = await stackVitals(stack, web.pid);
  const delay = monitorEventLoopDelay(); // of this program, which has 5,000 people to speak for
  delay.enable();
  const direct = [];
  const probe = setInterval(async () => {
    const began = performance.now();
    await call(stack.address, 'GET', '/healthz');
    direct.push(performance.now() - began);
  }, PROBE_MS);
  const end = performance.now() + seconds * 1000;
  let vitals;
  while (performance.now() < end) {
    await pause(1000);
    vitals = await stackVitals(stack, web.pid);
    for (const [what, value] of Object.entries(vitals)) most[what] = Math.max(value, most[what] ?? 0);
  }
  clearInterval(probe);
  const lap = crowd.lap();
  const ms = number => number.toFixed(0);
  console.log(`     ${name}: a request to a worker itself p99 ${ms(percentile(direct, 0.99))}, longest ${ms(Math.max(...direct))} ms; ` +
    `this program late by p99 ${ms(delay.percentile(99) / 1e6)}, longest ${ms(delay.max / 1e6)} ms`);
  const cpu = what => ((vitals[what] - start[what]) / seconds * 100).toFixed(0);
  console.log(`     ${name}, CPU: workers ${cpu('worker 1 cpu')} and ${cpu('worker 2 cpu')} %, web server ${cpu('web server cpu')} %, Redis ${cpu('Redis cpu')} %`);
  console.log(`     ${name}: ${lap.beats} heartbeats, p50 ${lap.beatP50.toFixed(1)} ms, p99 ${lap.beatP99.toFixed(0)} ms; ` +
    `${lap.wakes} polls woken, p50 ${lap.wakeP50.toFixed(0)} ms, p99 ${lap.wakeP99.toFixed(0)} ms`);
  return { lap, most, end: vitals };
}

/* A workspace of 1,000 members for those who do harm; resolves with tokens of some of them. */
async function harmers(stack) {
  const users = await stack.people('harm', 'h', 50);
  const lines = Array.from({ length: 1000 }, (_, i) => JSON.stringify({ user: `m${i}`, name: `Member ${i} `.repeat(10) })).join('\n');
  await stack.admDone('POST', '/workspaces/harm/members', { body: lines, headers: { 'Content-Type': 'application/x-ndjson' } });
  return users.map(user => stack.tokens.get(user));
}

function judge(calm, flood, after, counts, answers) {
  console.log(`     nonsense, by answer: ${JSON.stringify(answers)}`);
  const sent = answers.sent / floodSeconds;
  report('nonsense sent', sent.toFixed(0), `${rate * 0.9}`, 'requests a second', sent >= rate * 0.9);
  report('heartbeat beside it, p99', flood.lap.beatP99.toFixed(0), BOUND_MS.beat, 'ms', flood.lap.beatP99 <= BOUND_MS.beat);
  report('change to each poll beside it, p99', flood.lap.wakeP99.toFixed(0), BOUND_MS.wake, 'ms', flood.lap.wakeP99 <= BOUND_MS.wake);
  const wrong = counts.untrue + counts.untold + counts.odd + counts.lost;
  report('lapsed, told wrongly, not told, or cut off', wrong, '0', 'times', wrong === 0);
  const refused = [counts.polls, counts.beats].flatMap(Object.entries).filter(([status]) => status !== '200').reduce((sum, [, n]) => sum + n, 0);
  report('requests of theirs that failed', refused, '0', 'requests', refused === 0);
  for (const [name, allowed] of Object.entries(MOST)) {
    const [grown, kept] = [flood.most[name] - calm.end[name], after.end[name] - calm.end[name]];
    report(`${name}, ${calm.end[name].toFixed(1)} before; at most more`, grown.toFixed(1), allowed, 'MiB', grown <= allowed);
    report(`${name}, ${SETTLE_SECONDS} s later; still more`, kept.toFixed(1), KEPT[name], 'MiB', kept <= KEPT[name]);
  }
}

const stack = await startBench({ workers: 2, conf: { rate_limit: 20 } });
const crowd = new Crowd(stack, { rooms: Math.max(1, Math.round(people / ROOM)), size: Math.min(ROOM, people) });
try {
  const [web] = stack.extra.slice(-1);
  const tokens = await harmers(stack);
  await crowd.come();
  crowd.start(BEATS);
  const flips = setInterval(() => crowd.flip(), FLIP_MS);
  await pause(26000); // until each has polled twice
  const calm = await phase('alone', stack, crowd, web, 20);
  const nuisance = startNuisance({ port: stack.port, address: stack.address, ws: 'harm', tokens, rate, senders: slow, readers: slow });
  const flood = await phase('beside the flood', stack, crowd, web, floodSeconds);
  const answers = await nuisance.stop();
  await pause(10000);
  const after = await phase('afterwards', stack, crowd, web, SETTLE_SECONDS - 10);
  clearInterval(flips);
  judge(calm, flood, after, crowd.counts, answers);
} finally {
  crowd.stop();
  await stopBench(stack);
}
