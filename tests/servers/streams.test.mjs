// SPDX-License-Identifier: ISC
// Streams of events through each web server, with the shipped configuration and without the lines that streams need; with compression and
// timeouts that a site may have; with clients that stop reading or vanish.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { atMost, pause, until } from '../lib/until.mjs';
import { passingTime, startAt } from './suite.mjs';

const servers = ['lighttpd', 'nginx', 'apache', 'caddy'];

/* Runs FN(at) with rollcalld behind KIND. */
const behind = (kind, { over, changes }, fn) => async () => {
  const { at, stop } = await startAt(kind, { over, more: { changes } });
  try {
    await fn(at);
  } finally {
    await stop();
  }
};

/* Somebody with a session, and a stream of somebody else, which has begun. */
async function follow(at, options) {
  const [u0, u1] = await at.stack.room(2);
  const { session } = await u0.join();
  const stream = await at.events(u1, { since: await u1.cursor() }, options);
  await until(() => stream.comments === 1, 'the stream begins');
  return { u0, u1, session, stream };
}

const mainOf = { lighttpd: 'server.max-request-size = 2048' };

/* ---- without the lines ---- */

const withoutLines = {
  lighttpd: [[/^ *server\.stream-response-body = 1$/gm, '']],
  apache: [[/ flushpackets=on/g, '']],
};

/* What a page does then: no beginning within 3 s, so it polls from the same cursor. */
async function holdsBack(at) {
  const [u0, u1] = await at.stack.room(2);
  const { session } = await u0.join();
  const since = await u1.cursor();
  const path = `/v1/workspaces/${u1.ws}/stream?since=${since}`;
  const opening = at.ask('GET', path, { user: 'u1', headers: { Accept: 'text/event-stream' }, raw: true });
  let came = false;
  opening.then(() => (came = true), () => {});
  await u0.beat(session, { status: 'away' });
  await pause(3000);
  assert.equal(came, false);
  opening.abort();
  const { status, body } = await at.ask('GET', path, { user: 'u1' });
  assert.equal(status, 200);
  assert.deepEqual(body.changes.map(one => [one.user, one.status]), [['u0', 'away']]);
}

/* ---- compression ---- */

/* Compresses all that is text, as a site may have set for everything. */
const compressing = {
  lighttpd: [[mainOf.lighttpd, `${mainOf.lighttpd}
server.modules += ("mod_deflate")
deflate.mimetypes = ("text/")
deflate.allowed-encodings = ("gzip")`]],
  nginx: [['fastcgi_keep_conn       on;', 'fastcgi_keep_conn on; gzip on; gzip_types *; gzip_min_length 0; gzip_proxied any;']],
  apache: [
    [/^# SPDX.*/gm, 'LoadModule deflate_module /usr/lib/apache2/modules/mod_deflate.so'],
    [/<VirtualHost .*>/g, '$&\nSetOutputFilter DEFLATE'],
  ],
  caddy: [['request_body {', `encode {
  gzip
  minimum_length 1
  match {
   header Content-Type text/*
  }
 }
 request_body {`]],
};

async function isNotHeldBackByCompression(at) {
  const { u0, session, stream } = await follow(at, { headers: { 'Accept-Encoding': 'gzip' } });
  const ms = await passingTime(stream, u0, session);
  assert.ok(ms < atMost(1000), `${ms} ms with Content-Encoding ${stream.headers['content-encoding']}`);
  stream.close();
}

/* ---- silence ---- */

/* A ping comes every 15 s, and what is silent for longer than this is cut. */
const READ_TIMEOUT_S = 18;

const impatient = {
  lighttpd: [[mainOf.lighttpd, `${mainOf.lighttpd}\nserver.max-read-idle = ${READ_TIMEOUT_S}\nserver.max-write-idle = ${READ_TIMEOUT_S}`]],
  nginx: [['fastcgi_read_timeout    60s', `send_timeout ${READ_TIMEOUT_S}s; fastcgi_read_timeout ${READ_TIMEOUT_S}s`]],
  apache: [['timeout=60', `timeout=${READ_TIMEOUT_S}`], [/<VirtualHost .*>/g, `$&\nTimeout ${READ_TIMEOUT_S}`]],
  caddy: [], // it has no timeout for silence
};

async function staysOpen(at) {
  const { u0, session, stream } = await follow(at);
  await stream.next('ping', 2, 60000);
  await u0.beat(session, { status: 'away' });
  await stream.next('changes');
  assert.deepEqual([stream.ended, stream.error], [false, null]);
  stream.close();
}

/* ---- clients that stop reading, or vanish ---- */

const shortTimes = { ttl: 3, heartbeat: 1, wait: 2, gap: 1, closed_grace: 1 };
const BACK_MS = 60000; /* in which everything of a dead client is given back */

/* A stream of somebody with a session that is kept alive by answers to beats. */
async function beating(at) {
  const [me, other] = await at.stack.room(2);
  const { session } = await me.join();
  const before = await at.metric('rollcall_connections');
  const stream = await at.events(me, { session });
  for (let i = 0; i < 3; i++) {
    await stream.next('beat', i);
    await me.beat(session);
  }
  assert.deepEqual(await other.sees(), { u0: 'active' });
  return { other, stream, before };
}

async function isGivenBack(at, { other, before }) {
  await until(async () => !(await other.sees()).u0, 'the session is over', 20000);
  await until(async () => (await at.metric('rollcall_streams')) === 0, 'no stream is left', BACK_MS);
  /* Servers may keep some connections open for other requests. */
  await until(async () => (await at.metric('rollcall_connections')) <= before + 1, 'its connection is given back');
}

async function stopsReading(at) {
  const one = await beating(at);
  one.stream.request.socket.pause();
  await isGivenBack(at, one);
  one.stream.close();
}

async function vanishes(at) {
  const one = await beating(at);
  one.stream.close();
  await isGivenBack(at, one);
}

describe('streams of events', { concurrency: 6 }, () => {
  for (const kind of servers) {
    it(`stay open through ${kind} while nothing happens, thanks to pings`,
      behind(kind, { changes: impatient[kind] }, staysOpen));
    it(`through ${kind} are given back when their client stops reading`,
      behind(kind, { over: shortTimes }, stopsReading));
    it(`through ${kind} are given back when their client vanishes`, behind(kind, { over: shortTimes }, vanishes));
    it(`through ${kind} are not held back by compression`,
      behind(kind, { changes: compressing[kind] }, isNotHeldBackByCompression));
  }
  for (const [kind, changes] of Object.entries(withoutLines))
    it(`are held back by ${kind} without its line, and polls from the same cursor are not`,
      behind(kind, { changes }, holdsBack));
});
