#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// Who types and who is looking, through lighttpd with one worker: what saying it again costs the worker and Redis, soon, which
// Redis is told of later, and if Redis must be told at once; how long a start takes to the other's screen, by polls and by
// streams; how often the set of one place is rendered for its many readers; what pairs cost who type without a pause, beside what
// they cost if they are silent. And heartbeats against another build in turn: BASELINE in the environment names that rollcalld
// (left out without one). READERS, PAIRS, SECONDS in the environment.
import http from 'node:http';
import { writeFileSync } from 'node:fs';
import { percentile } from '../tests/lib/crowd.mjs';
import { Events } from '../tests/lib/events.mjs';
import { query } from '../tests/lib/person.mjs';
import { beAt, endAt, openDm, typeAt } from '../tests/lib/places.mjs';
import { until } from '../tests/lib/until.mjs';
import { cpuOf, cpuSeconds, heartbeatScript, joinAll, median, redisSeconds, report, startBench, stopBench, wrk } from './stack.mjs';

const readers = Number(process.env.READERS ?? 500);
const pairs = Number(process.env.PAIRS ?? 1000);
const seconds = Number(process.env.SECONDS ?? 10);
const rounds = 3;
const starts = 100;
const turn = 25; // seconds: as long as a poll waits

const cpu = async stack => ({ worker: cpuSeconds(stack), redis: await redisSeconds(stack) });
let ending = false; // a reader whose connection the end of the stack closes must not hide why it ends
const pause = ms => new Promise(done => setTimeout(done, ms));

/* Runs WORK(item) for each of LIST, 16 at a time. */
async function each(list, work) {
  let next = 0;
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (next < list.length) await work(list[next++]);
  }));
}

/* N members of WS, called PREFIX0 and so on, each with a token and a session in .at. */
async function crowd(stack, ws, prefix, n) {
  await stack.adm('PUT', `/workspaces/${ws}`, { body: {} });
  const names = Array.from({ length: n }, (_, i) => `${prefix}${i}`);
  await stack.adm('POST', `/workspaces/${ws}/members`, {
    body: names.map(user => JSON.stringify({ user })).join('\n'),
    headers: { 'Content-Type': 'application/x-ndjson' },
  });
  await each(names, async user => stack.tokens.set(user, await stack.newToken({ user })));
  const people = names.map(user => stack.as(user, ws));
  await each(people, async person => {
    person.at = (await person.join()).session;
  });
  return people;
}

/* Requests of many people on a few kept connections. */
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });

function send(person, method, what, body) {
  return sendTo(`/rollcall/v1/workspaces/${person.ws}/${what}`, person, method, body);
}

function sendTo(path, { stack, user }, method, body) {
  return new Promise((resolve, reject) => {
    const text = body ? JSON.stringify(body) : '';
    const headers = { Authorization: `Bearer ${stack.tokens.get(user)}`, 'Content-Length': Buffer.byteLength(text) };
    const request = http.request({ host: '127.0.0.1', port: stack.port, agent, method, path, headers }, answer => {
      answer.resume().on('end', () => answer.statusCode < 300 ? resolve() : reject(new Error(`${path}: ${answer.statusCode}`)));
    });
    request.on('error', reject);
    request.end(text);
  });
}

/* A reader who polls for PLACE on one kept connection. ON_PLACES(places) is called with what it is told. */
class Reader {
  agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  constructor(person, place, cursor, onPlaces) {
    Object.assign(this, { person, place, cursor, onPlaces });
    this.#poll();
  }

  #poll() {
    const { stack, ws, user } = this.person;
    const path = `/rollcall/v1/workspaces/${ws}/stream${query({ since: this.cursor, place: this.place })}`;
    const headers = { Authorization: `Bearer ${stack.tokens.get(user)}` };
    this.request = http.get({ host: '127.0.0.1', port: stack.port, agent: this.agent, path, headers }, answer => {
      let text = '';
      answer.setEncoding('utf8').on('data', part => (text += part)).on('end', () => {
        if (this.over) return;
        if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`);
        const { cursor, places } = JSON.parse(text);
        this.cursor = cursor;
        if (places) this.onPlaces(places);
        this.#poll();
      });
    });
    this.request.on('error', error => {
      if (!this.over && !ending) throw error;
    });
  }

  stop() {
    this.over = true;
    this.request.destroy();
    this.agent.destroy();
  }
}

/*
 * A wrk script: each of PEOPLE in turn says that they are at one place, again and again; with AT_ONCE now with a count and now
 * without one, so that Redis must be told each time: it decides which is later.
 */
function placeScript(stack, people, atOnce) {
  const file = stack.path('places.lua');
  const rows = people.map(({ user, at }) => `{"${stack.tokens.get(user)}","${at}"}`).join(',\n');
  writeFileSync(file, `local rows = {${rows}}
local i, round = 0, 0
request = function()
  i = i % #rows + 1
  round = round + (i == 1 and 1 or 0)
  local n = ${atOnce} and round % 2 == 0 and ',"n":' .. round or ''
  return wrk.format("PUT", "/rollcall/v1/workspaces/acme/places/ticket:42", {["Authorization"] = "Bearer " .. rows[i][1]},
    '{"session":"' .. rows[i][2] .. '"' .. n .. '}')
end
`);
  return file;
}

/* What a request by SCRIPT costs: { worker, redis } in us, over some rounds. */
async function costOf(stack, script) {
  const costs = { worker: [], redis: [] };
  for (let round = 0; round < rounds; round++) {
    const before = await cpu(stack);
    const { requests } = wrk(`http://127.0.0.1:${stack.port}/`, seconds / 2, script);
    const after = await cpu(stack);
    for (const part of ['worker', 'redis']) costs[part].push((after[part] - before[part]) / requests * 1e6);
  }
  return { worker: median(costs.worker), redis: median(costs.redis) };
}

async function saying(stack, people) {
  const beat = await costOf(stack, heartbeatScript(stack, 'acme', people.map(one => [stack.tokens.get(one.user), one.at])));
  console.log(`     a heartbeat: ${beat.worker.toFixed(1)} us of the worker, ${beat.redis.toFixed(1)} us of Redis`);
  const soon = await costOf(stack, placeScript(stack, people, false));
  report('worker CPU to say it again', soon.worker.toFixed(1), '20', 'us', soon.worker <= 20);
  report('Redis\'s CPU to say it again', soon.redis.toFixed(1), '8', 'us', soon.redis <= 8);
  const told = await costOf(stack, placeScript(stack, people, true));
  console.log(`     if Redis must be told at once: ${told.worker.toFixed(1)} us of the worker, ${told.redis.toFixed(1)} us of Redis`);
}

/* Ann's start to Bob's answer, with a stop after each, in ms. */
async function toScreen([ann, bob], streams) {
  const place = await openDm(ann, [bob]);
  let told = () => {};
  const reader = streams
    ? await Events.open(bob, { place: 'dm:*', since: await bob.cursor() }, { onEvent: ({ data }) => data.places && told(data.places) })
    : new Reader(bob, 'dm:*', await bob.cursor(), places => told(places));
  const times = [];
  for (let i = 0; i < starts; i++) {
    for (const say of [typeAt, endAt]) {
      const seen = new Promise(done => (told = done));
      const began = performance.now();
      await say(ann, ann.at, place, {});
      await seen;
      if (say === typeAt) times.push(performance.now() - began);
      await pause(20 + 80 * Math.random());
    }
  }
  streams ? reader.close() : reader.stop();
  const p99 = percentile(times, 0.99);
  report(`a start to the other's screen, by ${streams ? 'stream' : 'poll'}, p99`, p99.toFixed(1), '100', 'ms', p99 <= 100);
  console.log(`     p50 ${median(times).toFixed(1)} ms`);
}

/* READERS of one place, where somebody arrives or goes 10 times a second. */
async function manyReaders(stack, people) {
  const all = people.slice(20).slice(0, readers);
  await until(async () => await stack.parked() === 0, 'the polls that were given up have ended', 40000);
  await each(people, async person => {
    person.at = (await person.join()).session;
  });
  const cursor = await all[0].cursor();
  let told = 0;
  const waiting = all.map(person => new Reader(person, 'hall', cursor, () => told++));
  await until(async () => await stack.parked() === all.length, 'all readers wait', 30000);
  const renderings = () => stack.metric('rollcall_place_renderings_total');
  const before = { ...await cpu(stack), renderings: await renderings(), told };
  const arrivals = seconds * 10;
  for (let i = 0; i < arrivals; i++) {
    const person = people[i % 20];
    const next = pause(100);
    await (Math.floor(i / 20) % 2 ? endAt : beAt)(person, person.at, 'hall', {});
    await next;
  }
  await pause(1000);
  const after = await cpu(stack);
  const made = await renderings() - before.renderings;
  waiting.forEach(one => one.stop());
  console.log(`     ${all.length} readers of a place, ${arrivals} changes: ${told - before.told} answers, ` +
    `${((after.worker - before.worker) / (seconds + 1) * 100).toFixed(1)} % of a core`);
  report('renderings a change', (made / arrivals).toFixed(2), '1', 'times', made <= arrivals + 2);
}

/* What the worker and Redis take while WORK runs: { worker, redis } in seconds for each second, and { took } in seconds. */
async function shareOf(stack, work) {
  const before = await cpu(stack);
  const began = performance.now();
  await work();
  const took = (performance.now() - began) / 1000;
  const after = await cpu(stack);
  return { worker: (after.worker - before.worker) / took, redis: (after.redis - before.redis) / took, took };
}

/* Each of TYPISTS says so again each 5 s, as the client does, spread evenly; for SECONDS. Resolves with how often. */
async function typeFor(typists, seconds, say) {
  const began = performance.now();
  const sent = [];
  for (let i = 0; performance.now() - began < seconds * 1000; i++) {
    sent.push(say(typists[i % typists.length]));
    await pause(began + (i + 1) * 5000 / typists.length - performance.now());
  }
  await Promise.all(sent);
  return sent.length;
}

/*
 * PAIRS type without a pause: one of each says so, and the other follows all of their conversations. First nobody types: what
 * then is more is typing. Each time takes as long as a poll waits, so all polls come back once; nobody lapses in it. At last
 * they send heartbeats as often as they typed, and the same requests to a program that only says hello: at such a rate a
 * request costs several times what it costs in a rush, because the worker sleeps before each one.
 */
async function typingPairs(stack, ws) {
  const people = await crowd(stack, ws, 'pair', 2 * pairs);
  const typists = people.filter((_, i) => i % 2 === 0);
  await each(typists, async (person, i = people.indexOf(person)) => {
    person.place = await openDm(person, [people[i + 1]]);
  });
  const cursor = await people[0].cursor();
  const seen = new Set();
  const waiting = people.filter((_, i) => i % 2).map(person => new Reader(person, 'dm:*', cursor, () => seen.add(person.user)));
  await until(async () => await stack.parked() === pairs, 'all wait', 60000);
  const stay = () => each(people, person => person.beat(person.at));
  await stay();
  const silent = await shareOf(stack, () => pause(turn * 1000));
  await stay();
  const say = person => send(person, 'PUT', `places/${person.place}`, { session: person.at, doing: 'typing', n: Date.now() });
  await typeFor(typists, 5, say);
  await until(() => seen.size === pairs, 'each sees it', 30000);
  let said; // they go on without a pause: what has ended would begin again
  const typing = await shareOf(stack, async () => {
    said = await typeFor(typists, turn, say);
  });
  await stay();
  const beating = await shareOf(stack, () => typeFor(typists, turn, person => send(person, 'POST', 'heartbeat', { session: person.at })));
  const greeter = stack.extra[0].pid;
  const before = cpuOf(greeter);
  const greeting = await shareOf(stack, () => typeFor(typists, turn, person => sendTo('/hello', person, 'PUT', { session: person.at })));
  const floor = (cpuOf(greeter) - before) / greeting.took;
  waiting.forEach(one => one.stop());
  const percent = share => (share * 100).toFixed(2);
  console.log(`     ${pairs} silent pairs: ${percent(silent.worker)} % of a core, Redis: ${percent(silent.redis)} %; ` +
    `typing: ${percent(typing.worker)} % and ${percent(typing.redis)} %; as many heartbeats: ${percent(beating.worker)} % and ` +
    `${percent(beating.redis)} %; as many requests to hello.c: ${percent(floor)} %`);
  const more = typing.worker - silent.worker;
  const redis = (typing.redis - silent.redis) * typing.took / said * 1e6;
  report(`${pairs} pairs typing, beside being here`, percent(more), '2', '% of a core', more <= 0.02);
  report('Redis\'s CPU each time that one of them says so', redis.toFixed(1), '8', 'us', redis <= 8);
}

/* Heartbeats by this program and by the baseline, in turn. */
async function againstBaseline() {
  const stacks = [await startBench(), await startBench({ program: process.env.BASELINE })];
  const scripts = [];
  for (const stack of stacks) {
    const users = await stack.people('acme', 'u', 50);
    scripts.push(heartbeatScript(stack, 'acme', await joinAll(stack, 'acme', users)));
  }
  const costs = [[], []];
  for (let round = 0; round < 2 * rounds; round++) {
    for (const [i, stack] of stacks.entries()) {
      const before = await cpu(stack);
      const { requests } = wrk(`http://127.0.0.1:${stack.port}/`, 4, scripts[i]);
      const after = await cpu(stack);
      costs[i].push({ worker: (after.worker - before.worker) / requests * 1e6, redis: (after.redis - before.redis) / requests * 1e6 });
    }
  }
  for (const stack of stacks) await stopBench(stack);
  for (const part of ['worker', 'redis']) {
    const [ours, theirs] = costs.map(list => median(list.map(one => one[part])));
    report(`a heartbeat's CPU of ${part}, against the baseline`, `${ours.toFixed(1)} to ${theirs.toFixed(1)}`, '1.05 times', 'us', ours <= 1.05 * theirs);
  }
}

const stack = await startBench({ yardsticks: ['hello'] });
try {
  const people = await crowd(stack, 'acme', 'u', readers + 20);
  await saying(stack, people.slice(0, 50));
  await toScreen(people, false);
  await toScreen(people.slice(2), true);
  await manyReaders(stack, people);
  await typingPairs(stack, 'pairs');
} finally {
  ending = true;
  agent.destroy();
  await stopBench(stack);
}
if (process.env.BASELINE) await againstBaseline();
