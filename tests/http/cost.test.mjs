// SPDX-License-Identifier: ISC
// What one user, or a stranger, may cost everybody: each request, sent as fast as 32 connections take it, while
// somebody else sends heartbeats. And docs/ARCHITECTURE.md says of each route what it may cost.
import assert from 'node:assert/strict';
import http from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { startFlood } from '../lib/flood.mjs';
import { newJwt, newKey, now } from '../lib/jwt.mjs';
import { beAt } from '../lib/places.mjs';
import { unmeasured } from '../lib/program.mjs';
import { scriptText } from '../lib/redis.mjs';
import { startStack } from '../lib/stack.mjs';
import { pause } from '../lib/until.mjs';
import { ranMs } from '../lib/vitals.mjs';

const HEARTBEATS = 120;
const HONEST = 8; // people who send them in turn: none comes near the limit
const PAUSE_MS = 4;
const ATTEMPTS = 5;
const FLOOR_MS = { p50: 6, p99: 50 }; // what a machine may add by itself
const NOTICED_MS = 1000;
const FILLER = 'x'.repeat(116);
const CROWD = 1000; // people who are not offline, in a workspace of their own

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

describe('a flood', () => {
  const key = newKey('HS256');
  let stack;
  let honest;
  let agent;
  const workspace = '/rollcall/v1/workspaces/acme';
  const signed = more =>
    newJwt({ sub: 'u1', exp: now() + 600, rollcall_workspaces: ['acme'], ...more }, key.signing);

  before(async () => {
    stack = await startStack({
      auth: ['token', 'jwt'],
      conf: { ttl: 60, heartbeat: 30, wait: 20, rate_limit: 20 },
      beforeStart: one => {
        writeFileSync(one.path('jwt.key'), key.checking);
        one.conf.jwt = { algorithm: 'HS256', key_file: one.path('jwt.key'), provision: true };
      },
    });
    await stack.people('acme', 'u', 1);
    await stack.people('acme', 'flood', Object.keys(rows).length);
    await stack.people('acme', 'honest', HONEST);
    const many = Array.from({ length: 1000 }, (_, i) => JSON.stringify({ user: `m${i}`, name: `Member ${i}` })).join('\n');
    const { status } = await stack.adm('POST', '/workspaces/acme/members', {
      body: many,
      headers: { 'Content-Type': 'application/x-ndjson' },
    });
    assert.equal(status, 200);
    for (let id = 1; id <= 100; id++) {
      const participants = [`flood${Object.keys(rows).indexOf('pages of conversations')}`, ...Array.from({ length: 49 }, (_, i) => `m${(id * 7 + i) % 1000}`)];
      const put = await stack.adm('PUT', `/workspaces/acme/dms/${id}`, { body: { participants } });
      assert.equal(put.status, 201);
    }
    await stack.people('crowd', 'flood', Object.keys(rows).length);
    honest = await stack.as('u0', 'acme').join();
    for (let i = 0; i < HONEST; i++) {
      await stack.as(`honest${i}`, 'acme').join({ session: 'session-h' });
      await beAt(stack.as(`honest${i}`, 'acme'), 'session-h', 'hall', { for: 300 });
    }
    agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  });
  after(async () => {
    agent?.destroy();
    await stack?.stop();
  });

  /* COUNT people are in WS for a minute. They come the short way: by the script. */
  async function comeIn(ws, count) {
    await stack.as('flood0', ws).join();
    const [meta] = await stack.redis('KEYS', `rollcall:*:${ws}:meta`);
    const base = meta.replace(/:meta$/, '');
    const keys = [`${base.replace(/[^:]*$/, '')}due`, `${base}:state`, meta];
    const script = await stack.redis('SCRIPT', 'LOAD', scriptText('beat'));
    const join = user =>
      stack.redis('EVALSHA', script, 5, ...keys, `${base}:u:${user}`, `${base.replace(/[^:]*$/, '')}ends`,
        `${ws} session-c ${user}`, 'session-c', 'join', 'active', '', 60000, '', `60000 - ${'x'.repeat(16)} 50 200 0 0`, '');
    await Promise.all(Array.from({ length: count }, (_, i) => join(`c${i}`)));
    const { changes, more } = await stack.as('flood0', ws).join();
    assert.ok(changes.length > 400 && more, 'they are seen');
  }

  /* A heartbeat of an honest user; resolves with its status and the ms that it took. */
  const beat = number =>
    new Promise((resolve, reject) => {
      const began = performance.now();
      const token = stack.tokens.get(`honest${number % HONEST}`);
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const options = { host: '127.0.0.1', port: stack.port, method: 'POST', path: `${workspace}/heartbeat`, headers, agent };
      const request = http.request(options, answer => {
        answer.on('end', () => resolve([answer.statusCode, performance.now() - began])).resume();
      });
      request.on('error', error => {
        // A kept connection that the server closed just now: the request was not taken.
        if (error.code === 'ECONNRESET' && request.reusedSocket) beat(number).then(resolve, reject);
        else reject(error);
      });
      request.end('{"session":"session-h"}');
    });

  /* For how long what answers heartbeats has had a processor: a machine that is busy otherwise adds nothing to that. */
  const worked = () => [stack.workers()[0], stack.redisServer.pid].reduce((sum, pid) => sum + ranMs(pid), 0);

  const percentiles = times => {
    times.sort((a, b) => a - b);
    return { p50: at(times, 0.5), p99: at(times, 0.99) };
  };

  /*
   * How long heartbeats take beside a flood of REQUESTS, and for how long Rollcall and Redis work meanwhile: each { p50, p99 }; and what
   * came of the flood.
   */
  async function beside(requests) {
    const flood = startFlood(stack.port, requests);
    await flood.began;
    const times = [];
    const works = [];
    let answers;
    try {
      while (times.length < HEARTBEATS) {
        const before = worked();
        const [status, ms] = await beat(times.length);
        assert.equal(status, 200, 'no flood makes a heartbeat fail');
        times.push(ms);
        works.push(worked() - before);
        await pause(PAUSE_MS);
      }
    } finally {
      answers = await flood.stop();
    }
    return { took: percentiles(times), work: percentiles(works), answers };
  }

  const stranger = sub => {
    const [head, , end] = newJwt({ sub, exp: now() + 600 }, newKey('HS256').signing).split('.');
    return `${head}.eyJzdWIiOiJ1MSIsIm4iOiI%i.${end}`;
  };
  const rows = {
    heartbeats: token => [{ method: 'POST', path: `${workspace}/heartbeat`, body: '{"session":"session-f"}', token }],
    'joins with ever new names': token => [{ method: 'POST', path: `${workspace}/join`, body: '{"session":"join-%i"}', token }],
    'leaves with ever new names': token => [
      { method: 'POST', path: `${workspace}/leave`, body: '{"session":"leave-%i","now":true}', token },
    ],
    'polls that change a status': token =>
      ['active', 'away'].map(status => ({
        method: 'GET',
        path: `${workspace}/stream?wait=0&session=session-p&status=${status}`,
        token,
      })),
    'polls that are answered at once': token => [{ method: 'GET', path: `${workspace}/stream?wait=0`, token }],
    'polls narrowed to 500 people who do not exist': token => [
      {
        method: 'POST',
        path: `${workspace}/stream`,
        body: JSON.stringify({
          wait: 1,
          since: honest.cursor,
          users: Array.from({ length: 500 }, (_, i) => `%i${i}${FILLER}`.slice(0, 122)),
        }),
        token,
      },
    ],
    'statuses of 500 people who do not exist': token => [
      {
        method: 'POST',
        path: `${workspace}/status`,
        body: JSON.stringify({ users: Array.from({ length: 500 }, (_, i) => `%i${i}`) }),
        token,
      },
    ],
    'bodies of 250 KB': token => [
      { method: 'POST', path: `${workspace}/stream`, body: JSON.stringify({ since: 'x'.repeat(250000), wait: 0 }), token },
    ],
    'pages of members': token => [{ method: 'GET', path: `${workspace}/members?limit=1000`, token }],
    'pages of statuses': token => [{ method: 'GET', path: '/rollcall/v1/workspaces/crowd/status?limit=1000', token }],
    'pages of conversations': token => [{ method: 'GET', path: `${workspace}/dms?limit=1000`, token }],
    'groups of 50 that are opened': token => [
      {
        method: 'POST',
        path: `${workspace}/dms`,
        body: JSON.stringify({ participants: Array.from({ length: 49 }, (_, i) => `m${i}`) }),
        token,
      },
    ],
    'changes of a status by hand': token => [{ method: 'PUT', path: `${workspace}/me/status`, body: '{"text":"%i"}', token }],
    'claims under ever new names': token => [
      { method: 'PUT', path: `${workspace}/me/claims/c%i`, body: '{"dnd":true,"for":60}', token },
    ],
    'ever new places': token => [
      { method: 'PUT', path: `${workspace}/places/p%i`, body: '{"session":"session-f","for":2}', token },
    ],
    'looks at a place': token => [{ method: 'GET', path: `${workspace}/places/hall`, token }],
    'polls that ask for 20 ever new places': token => [
      {
        method: 'POST',
        path: `${workspace}/stream`,
        body: JSON.stringify({ wait: 0, since: honest.cursor, places: Array.from({ length: 20 }, (_, i) => `%i/${i}`) }),
        token,
      },
    ],
    'looks at the own status': token => [{ method: 'GET', path: `${workspace}/me/status`, token }],
    'two names in turn': () =>
      ['One', 'Two'].map(name => ({ method: 'GET', path: '/rollcall/v1/me', token: signed({ name }) })),
    'badly signed JWTs': () => [{ method: 'POST', path: `${workspace}/heartbeat`, body: '{}', token: stranger('u1') }],
    'invalid tokens': () => [
      { method: 'GET', path: '/rollcall/v1/me', token: `rc_${'A'.repeat(35)}%i` },
    ],
  };

  /* Of these a slow machine may send too few for a limit; all others run into one. */
  const unlimited = [
    'polls that are answered at once',
    'polls narrowed to 500 people who do not exist', // each waits for a second
    'looks at the own status', // each asks Redis
    'looks at a place', // the same
    'two names in turn',
  ];

  for (const [number, [what, requests]] of Object.entries(rows).entries())
    it(`of ${what} makes nobody wait`, { skip: unmeasured }, async () => {
      const seen = [];
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (what === 'pages of statuses') await comeIn('crowd', CROWD);
        if (what === 'ever new places') await stack.as(`flood${number}`, 'acme').join({ session: 'session-f' });
        /* The least that a flood of such requests costs: they are read and answered without a look at them. */
        const asked = requests(stack.tokens.get(`flood${number}`));
        const got = await beside(asked);
        const least = await beside([{ ...asked[0], path: '/rollcall/healthz' }]);
        assert.equal(Object.keys(got.answers).find(status => status >= 500), undefined, JSON.stringify(got.answers));
        const isLimited = unlimited.includes(what) || got.answers[429] > 0; // unless the flood stood still
        const isSmall = how => ['p50', 'p99'].every(part => got[how][part] <= 3 * least[how][part] + FLOOR_MS[part]);
        /* A busy machine makes heartbeats wait, but not for so long that one would notice: what works little could wait for a lock. */
        if (isLimited && (isSmall('took') || (got.work.p50 > 0 && isSmall('work') && got.took.p50 < NOTICED_MS))) return;
        seen.push({ least, got });
      }
      assert.fail(`each time: ${JSON.stringify(seen)}`);
    });
});

describe('docs/ARCHITECTURE.md', () => {
  const read = file => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const bodies = { LIMIT_BODY_SMALL_BYTES: '16 KiB', LIMIT_BODY_IDS_BYTES: '256 KiB', LIMIT_BODY_BYTES: '1 MiB' };
  const accounts = { COST_NONE: 'none', COST_BEAT: 'beat', COST_LEAVE: 'leave', COST_WORK: 'work' };

  it('tells of each route what it may cost, and of no other', () => {
    const routes = [
      ...read('src/api/routes.c').matchAll(
        /\{ROUTE_\w+,\s*METHOD_(\w+),\s*"([^"]+)",\s*ACCESS_\w+,\s*[\w| ]+,\s*\w+,\s*(COST_\w+),\s*\w+,\s*"[^"]*",\s*"[^"]*",\s*(\w+)\}/g,
      ),
    ].map(([, method, pattern, cost, body]) => [`${method} ${pattern}`, bodies[body], accounts[cost]]);
    assert.ok(routes.length > 30);
    const told = [...read('docs/ARCHITECTURE.md').matchAll(/^\| `([A-Z]+ \S+)` \| ([^|]+) \| (\w+)[^|]*\|(?:[^|]+\|){3}$/gm)];
    const sorted = rows => rows.map(row => row.join(' | ')).sort();
    assert.deepEqual(sorted(told.map(([, ...row]) => row)), sorted(routes));
  });
});
