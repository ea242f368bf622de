// SPDX-License-Identifier: ISC
// With "probe", and a web server that passes answers on as they come, rollcalld knows of a client that vanished, whichever
// the server; and what a poll is told is the same.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startAt, timeToKnow } from './suite.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

/* What each needs besides what is shipped, as docs/SERVERS.md says. */
const passingOn = {
  lighttpd: [],
  nginx: [['fastcgi_keep_conn       on;', 'fastcgi_keep_conn on; fastcgi_buffering off;']],
  apache: [],
  caddy: [],
};

const withProbe = (kind, fn) => async () => {
  const { at, stop } = await startAt(kind, { over: { probe: 1, wait: 20 }, more: { changes: passingOn[kind] } });
  try {
    await fn(at);
  } finally {
    await stop();
  }
};

async function vanishes(at) {
  const me = await at.person();
  const { body } = await at.ask('POST', me.path('join'), { user: me.user, body: {} });
  const poll = me.path(`stream?since=${body.cursor}&session=${body.session}`);
  const socket = await at.connect();
  let came = '';
  socket.on('error', () => {});
  socket.on('data', bytes => (came += bytes));
  socket.write(at.head('GET', poll, { Authorization: `Bearer ${at.stack.tokens.get(me.user)}` }));
  await until(() => /^HTTP\/1\.1 200/.test(came), 'the answer has begun');
  const took = await timeToKnow(at, me, () => socket.destroy(), 18000);
  assert.ok(took !== null, 'it is told');
  assert.ok(took < atMost(15000), `${took} ms`);
}

async function isTold(at) {
  const [u0, u1] = await at.stack.room(2);
  const path = what => `/v1/workspaces/${u0.ws}/${what}`;
  const since = (await at.ask('GET', path('status'), { user: u1.user })).body.cursor;
  const polls = [0, 1, 2].map(() => at.ask('GET', path(`stream?since=${since}`), { user: u1.user }));
  await pause(2300); // two probes
  const began = performance.now();
  await at.ask('POST', path('join'), { user: u0.user, body: {} });
  for (const poll of polls) {
    const { status, headers, body } = await poll;
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^application\/json/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.deepEqual(
      body.changes.map(({ user, status }) => [user, status]),
      [[u0.user, 'active']],
    );
  }
  assert.ok(performance.now() - began < atMost(8000));
  const last = at.ask('GET', path(`stream?since=${(await polls[0]).body.cursor}`), { user: u1.user });
  await until(async () => (await at.metric('rollcall_parked_polls')) === 1, 'it waits');
  assert.equal((await at.adm('DELETE', `/workspaces/${u0.ws}/members/${u1.user}`)).status, 204);
  const { status, body } = await last;
  assert.deepEqual([status, body.changes, body.resync], [200, [], false]);
  assert.equal((await at.ask('GET', path('status'), { user: u1.user })).status, 403);
}

describe('with probes', { concurrency: true }, () => {
  for (const kind of Object.keys(passingOn)) {
    it(`${kind}: a client that vanishes is known of within seconds`, withProbe(kind, vanishes));
    it(`${kind}: polls are told as ever`, withProbe(kind, isTold));
  }
  it('FastCGI itself: polls are told as ever', withProbe('raw', isTold));
});
