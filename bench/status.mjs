#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// What a status by hand costs. Words on the command line choose parts (all):
//   beats    heartbeats of people who say nothing by hand, against another build in turn: BASELINE in the environment names that
//            rollcalld (left out without one)
//   layers   Redis's CPU for a heartbeat of people with layers, against those without, in turn
//   screen   from the request to the answer that tells another page, with 100 that watch
//   ends     5,000 ends at one instant, told to 5,000 polls that wait for one each, and to one that follows everybody
//   memory   what a person with a text of 100 characters takes of Redis, of a worker's view, and of a worker that they ask
import http from 'node:http';
import { percentile } from '../tests/lib/crowd.mjs';
import * as fcgi from '../tests/lib/fcgi.mjs';
import { until } from '../tests/lib/until.mjs';
import {
  compile, cpuSeconds, heartbeatScript, joinAll, median, memoryBytes, redisSeconds, report, startBench, startBeside, stopBench,
  timePolls, wrk,
} from './stack.mjs';

const PEOPLE = 50;
const ROUNDS = 3;
const SECONDS = 4;
const MANY = 5000;
const WATCHERS = 100;
const PUTS = 300;
const TEXT = 'x'.repeat(100);

const asUser = user => ({ REMOTE_USER: user, AUTH_TYPE: 'Basic' });
const withMany = { auth: ['token', 'remote_user'] };

/* Members m0 to m<n-1> of WS, without tokens. */
async function addMany(stack, ws, n) {
  const users = Array.from({ length: n }, (_, i) => `m${i}`);
  const body = users.map(user => JSON.stringify({ user })).join('\n');
  await stack.adm('POST', `/workspaces/${ws}/members`, { body, headers: { 'Content-Type': 'application/x-ndjson' } });
  return users;
}

/* Each of USERS asks METHOD on WHAT with BODY; throws if one is refused. */
async function allAsk(stack, ws, users, method, what, body) {
  const statuses = await fcgi.callMany(stack.address, users.length, i =>
    ({ method, target: `/v1/workspaces/${ws}/${what}`, body, over: asUser(users[i]) }));
  const good = (statuses[200] ?? 0) + (statuses[201] ?? 0);
  if (good !== users.length) throw new Error(`${method} ${what}: ${JSON.stringify(statuses)}`);
}

/* Heartbeats of SCRIPT for a while: { perSecond, worker, redis }, CPU in us each. */
async function beat(stack, script) {
  const before = [cpuSeconds(stack), await redisSeconds(stack)];
  const { perSecond, requests } = wrk(`http://127.0.0.1:${stack.port}/`, SECONDS, script);
  const [worker, redis] = [cpuSeconds(stack) - before[0], (await redisSeconds(stack)) - before[1]].map(s => s / requests * 1e6);
  return { perSecond, worker, redis };
}

const ratioOf = (rounds, name) => median(rounds.map(([one, other]) => one[name] / other[name]));
const say = (what, { perSecond, worker, redis }) =>
  console.log(`     ${what}: ${perSecond.toFixed(0)} heartbeats/s, ${worker.toFixed(1)} us of the worker, ${redis.toFixed(1)} us of Redis`);

/* One side of a comparison: its stack, and the script for its people, who have said STATUS by hand. */
async function side(stack, ws, status) {
  const users = await stack.people(ws, 'u', PEOPLE);
  const sessions = await joinAll(stack, ws, users);
  if (status) for (const user of users) await stack.req('PUT', `/v1/workspaces/${ws}/me/status`, { user, body: status });
  return [stack, heartbeatScript(stack, ws, sessions)];
}

/* Beats of ONE and OTHER in turn, each named. */
async function compare(one, other, names) {
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) {
    const pair = [await beat(...one), await beat(...other)];
    pair.forEach((figures, at) => say(names[at], figures));
    rounds.push(pair);
  }
  return rounds;
}

async function beats() {
  const program = process.env.BASELINE;
  if (!program) {
    console.log('     heartbeats without layers: BASELINE=/path/to/another/rollcalld compares them');
    return;
  }
  const stacks = [await startBench(), await startBench({ program })];
  try {
    const [ours, theirs] = [await side(stacks[0], 'acme'), await side(stacks[1], 'acme')];
    const rounds = await compare(ours, theirs, ['this build', 'baseline  ']);
    const ratio = ratioOf(rounds, 'perSecond');
    report('heartbeats without layers, against the baseline', ratio.toFixed(3), '0.97', 'times', ratio >= 0.97);
    console.log(`     its CPU: ${ratioOf(rounds, 'worker').toFixed(3)} times of the worker, ${ratioOf(rounds, 'redis').toFixed(3)} times of Redis`);
  } finally {
    for (const stack of stacks) await stopBench(stack);
  }
}

async function layers() {
  const stack = await startBench();
  try {
    const plain = await side(stack, 'plain');
    for (const [name, status] of [
      ['a text', { text: TEXT }],
      ['away by hand', { show: 'away', text: TEXT }],
      ['invisible', { show: 'invisible', text: TEXT }],
    ]) {
      const rounds = await compare(await side(stack, name.replaceAll(' ', '-'), status), plain, [name, 'without']);
      const more = median(rounds.map(([one, other]) => one.redis - other.redis));
      report(`Redis's CPU a heartbeat, more with ${name}`, more.toFixed(2), '3', 'us', more <= 3);
    }
  } finally {
    await stopBench(stack);
  }
}

/* Polls as USER on one kept connection until OVER(); TELL(text, at) is given each answer. */
async function watch(stack, ws, user, cursor, tell, over) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { Authorization: `Bearer ${stack.tokens.get(user)}` };
  const ask = since => new Promise((resolve, reject) => {
    const path = `/rollcall/v1/workspaces/${ws}/stream?since=${since}&wait=25`;
    http.get({ host: '127.0.0.1', port: stack.port, path, headers, agent }, answer => {
      let text = '';
      answer.setEncoding('utf8').on('data', part => (text += part)).on('end', () => resolve(text));
    }).on('error', reject);
  });
  while (!over()) {
    const text = await ask(cursor);
    tell(text, performance.now());
    ({ cursor } = JSON.parse(text));
  }
  agent.destroy();
}

async function screen() {
  const stack = await startBench();
  try {
    const [u0, ...users] = await stack.people('acme', 'u', WATCHERS + 1);
    await joinAll(stack, 'acme', [u0]);
    const { cursor } = (await stack.req('GET', '/v1/workspaces/acme/status?limit=1', { user: u0 })).body;
    const took = [];
    let now = { text: '', began: 0, left: 0 };
    let over = false;
    const tell = (answer, at) => {
      if (!answer.includes(`"text":"${now.text}"`)) return;
      took.push(at - now.began);
      now.left--;
    };
    const watching = users.map(user => watch(stack, 'acme', user, cursor, tell, () => over));
    await until(async () => (await stack.parked()) === WATCHERS, 'all watch');
    for (let i = 0; i < PUTS; i++) {
      now = { text: `text ${i}.`, began: performance.now(), left: WATCHERS };
      const { status } = await stack.req('PUT', '/v1/workspaces/acme/me/status', { user: u0, body: { text: now.text } });
      if (status !== 200) throw new Error(`PUT me/status: ${status}`);
      await until(() => now.left === 0, 'all are told');
      await until(async () => (await stack.parked()) === WATCHERS, 'all watch again');
    }
    over = true;
    await stack.req('PUT', '/v1/workspaces/acme/me/status', { user: u0, body: { text: 'over' } });
    await Promise.all(watching);
    const [p50, p99] = [0.5, 0.99].map(part => percentile(took, part));
    console.log(`     ${PUTS} texts to ${WATCHERS} watchers: p50 ${p50.toFixed(1)} ms`);
    report(`PUT to screen with ${WATCHERS} watchers, p99`, p99.toFixed(1), '100', 'ms', p99 <= 100);
  } finally {
    await stopBench(stack);
  }
}

/* Follows everybody as USER from CURSOR on until COUNT were told that they may be disturbed; resolves with when. */
async function followAll(stack, user, cursor, count) {
  const told = new Set();
  while (told.size < count) {
    const { body } = await stack.req('GET', `/v1/workspaces/acme/stream?since=${cursor}&wait=25`, { user });
    for (const one of body.changes) if (!one.dnd) told.add(one.user);
    ({ cursor } = body);
  }
  return Date.now();
}

async function ends() {
  const stack = await startBench({ ...withMany, workers: 2, conf: { wait: 55 } });
  try {
    const [u0, ...readers] = await stack.people('acme', 'u', 151);
    const users = await addMany(stack, 'acme', MANY);
    const program = compile('polls', stack.dir);
    const end = Date.now() + 40000;
    await allAsk(stack, 'acme', users, 'PUT', 'me/status', { dnd: true, until: end });
    const { cursor } = (await stack.req('GET', '/v1/workspaces/acme/status?limit=1', { user: u0 })).body;
    const wide = followAll(stack, u0, cursor, MANY);
    const polls = users.map((user, i) =>
      `/rollcall/v1/workspaces/acme/stream?since=${cursor}&wait=50&user=${user}\t${stack.tokens.get(readers[i % readers.length])}`);
    const result = await timePolls(program, stack, polls,
      async () => {
        await until(async () => (await stack.parked()) === MANY + 1, 'all polls are parked', end - Date.now());
        await new Promise(done => setTimeout(done, end - Date.now()));
      },
      () => {});
    const all = (await wide) - end;
    console.log(`     ${MANY} polls, one end each: first ${result.first} ms, p50 ${result.p50} ms, last ${result.last} ms after the end`);
    report(`${MANY} ends at one instant, to the last of ${MANY} polls`, result.last, '1000', 'ms', result.last <= 1000);
    report(`${MANY} ends at one instant, to one who follows all`, all, '1000', 'ms', all <= 1000);
  } finally {
    await stopBench(stack);
  }
}

const redisBytes = async stack => Number(/used_memory:(\d+)/.exec(await stack.redis('INFO', 'memory'))[1]);

/* Reads of WORKER with TOKEN what it tells of everybody, until it has heard of COUNT people of whom WHAT is true. */
async function readAll({ address }, token, what, count) {
  const ask = target => fcgi.call(address, 'GET', `/v1/workspaces/acme/${target}`, { token });
  await until(async () => {
    let found = 0;
    for (let query = '', more = true; more;) {
      const { body } = await ask(`stream?limit=100${query}`);
      found += body.changes.filter(what).length;
      query = `&since=${body.cursor}`;
      ({ more } = body);
    }
    return found === count;
  }, 'it has heard of all');
  for (let limit = 1; limit <= 8; limit++) await ask(`stream?limit=${limit}`); // the pages that a view keeps are small
  await ask('status?limit=1');
}

/*
 * The view is that of a daemon which hears of everything and is read by one person. The one that is asked remembers other things
 * of those who ask: who is a member, and pages of the database.
 */
async function memory() {
  const stack = await startBench(withMany);
  try {
    const [u0] = await stack.people('acme', 'u', 1);
    const users = await addMany(stack, 'acme', MANY);
    const beside = await startBeside(stack);
    const rows = [];
    const measure = async (what, count) => {
      for (const worker of [stack, beside]) await readAll(worker, stack.tokens.get(u0), what, count);
      rows.push([await redisBytes(stack), memoryBytes(beside), memoryBytes(stack)]);
    };
    await measure(() => true, 0);
    await allAsk(stack, 'acme', users, 'POST', 'join', { session: 'bench-session' });
    await measure(() => true, MANY);
    await allAsk(stack, 'acme', users, 'PUT', 'me/status', { text: TEXT });
    await measure(({ text }) => text === TEXT, MANY);
    const [empty, here, said] = rows;
    const each = (one, other) => one.map((bytes, at) => Math.round((bytes - other[at]) / MANY));
    const say = (what, [redis, view, worker]) =>
      console.log(`     ${what}: ${redis} bytes of Redis, ${view} of a view, ${worker} of the worker that was asked`);
    say('somebody who is here', each(here, empty));
    say('their text of 100 characters', each(said, here));
    const [redis, view] = each(said, empty);
    report('a person with a text of 100 characters, in Redis', redis, '1126', 'bytes', redis <= 1126);
    report('a person with a text of 100 characters, in a view', view, '400', 'bytes', view <= 400);
  } finally {
    await stopBench(stack);
  }
}

const parts = { beats, layers, screen, ends, memory };
for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)) await parts[name]();
