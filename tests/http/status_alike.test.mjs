// SPDX-License-Identifier: ISC
// Invisible is offline, to the byte. The same things happen in two fresh Rollcalls; in one of them x is offline, in the other
// invisible and busy. All that others get is compared: bodies, cursors, ETags, orders, pages, counts, and each wake-up.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Dice, newSeed } from '../lib/dice.mjs';
import { Events } from '../lib/events.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { Witness } from '../lib/witness.mjs';

const STEPS = 50;
const KEEP_MS = 400; // between two heartbeats that keep others here
const ws = 'acme';
const others = ['a', 'b', 'c'];
const WATCHERS = 5;
const wide = ['wide', 'paged', 'streaming'];
const narrow = { narrow: ['x', 'a'], streaming_narrow: ['x', 'b'] };
const conf = { ttl: 4, heartbeat: 1, wait: 120, gap: 1, leave_grace: 1, closed_grace: 1 };

/* What the reader reads after each step. */
const reads = [
  ['GET', 'status'],
  ['GET', 'status?user=x&user=a'],
  ['GET', 'status?limit=2'],
  ['GET', 'status?limit=2&after=a'],
  ['POST', 'status', { users: ['b', 'x', 'nobody'] }],
  ['GET', 'members'],
  ['GET', 'members?limit=3'],
  ['GET', 'members?limit=3&after=narrow'],
  ['GET', 'dms'],
  ['GET', 'dms?limit=1'],
  ['GET', 'counts'],
  ['GET', 'stream'],
  ['GET', 'stream?limit=2'],
  ['GET', 'stream?user=x'],
  ['GET', 'stream?counts=true&wait=0'],
  ['POST', 'join', { session: 'session-reader' }],
];

/* What happens in both runs, so that there is something to see: of others, and of x what is seen of somebody offline, too. */
const common = {
  turn: (run, user, status) => run.turn(user, status),
  go: (run, user) => run.go(user),
  say: (run, user, _status, text) => run.say(user, { text }),
  rename: (run, user, _status, text) => run.rename(user, text || 'No name'),
  message: (run, _user, _status, text) => run.say('x', { text, dnd: text === 'two' }),
  whileAway: run => run.aWhile(() => run.x.say({ emoji: '☕', for: 3 })),
  meeting: run => run.aWhile(() => run.x.byAdmin('PUT', 'claims/meeting', { emoji: '\u{1F4C5}', dnd: true, priority: 8, for: 3 })),
  openDm: (run, user) => run.openDm(user),
  renameX: (run, _user, _status, text) => run.rename('x', text || 'X'),
};

/* What x does if invisible. */
const busy = {
  beat: (run, _user, status) => run.beatX(status),
  tabs: run => run.openTabs(),
  poll: run => run.pollX(),
  supersede: run => run.supersede(),
  events: run => run.streamX(),
  leaveGrace: run => run.leaveWithGrace(),
  lapse: run => run.lapse(),
  close: run => run.closeConnection(),
  claim: (run, _user, status, text) => run.claim(status, text),
  read: run => run.readAll(),
  again: run => run.sayInvisible(),
};

/* The same steps for every run with SEED: [kind, name, user, status, text, read]. */
function planOf(seed) {
  const dice = new Dice(seed);
  const step = (kind, deeds) =>
    [kind, dice.pick(Object.keys(deeds)), dice.pick(others), dice.pick(['active', 'away']), dice.pick(['', 'one', 'two']), dice.pick(reads)];
  const once = Object.keys(busy).map(name => ['busy', name, ...step('busy', busy).slice(2)]);
  const more = Array.from({ length: STEPS - once.length }, () => (dice.below(2) ? step('busy', busy) : step('common', common)));
  return [...once, ...more].map(one => [dice.next(), one]).sort(([one], [two]) => one - two).map(([, one]) => one);
}

class Run {
  constructor(stack, { invisible, seen }) {
    Object.assign(this, { stack, invisible, seen, texts: new Map(), statuses: new Map(), etags: {} });
    this.witness = new Witness(stack, ws);
    this.person = user => stack.as(user, ws);
    this.x = this.person('x');
    this.reader = this.person('reader');
  }

  async open() {
    const { stack, witness } = this;
    await stack.admDone('PUT', `/workspaces/${ws}`, { body: { name: ws } });
    for (const user of ['x', 'reader', ...others, ...wide, ...Object.keys(narrow)]) await stack.addMember(ws, user);
    for (const user of ['reader', 'a']) await this.person(user).ask('POST', 'dms', { body: { participants: ['x'] } });
    const { cursor } = await this.reader.join({ session: 'session-reader' });
    witness.epoch = cursor.split('-')[0];
    this.messages = await stack.changesOf(ws);
    await witness.step();
    for (const user of others) await this.person(user).join({ session: 'session-1' });
    for (const user of others) this.statuses.set(user, 'active');
    if (this.seen) await this.x.join({ session: 'session-x' });
    this.keeper = setInterval(() => this.keep(), KEEP_MS);
    const now = await this.reader.cursor();
    witness.poll(this.person('wide'), {}, now);
    witness.poll(this.person('paged'), { limit: 1, counts: true }, now);
    witness.poll(this.person('narrow'), { user: narrow.narrow }, now);
    await witness.stream(this.person('streaming'), {}, now);
    await witness.stream(this.person('streaming_narrow'), { user: narrow.streaming_narrow }, now);
  }

  /* Nobody lapses but x: the others' heartbeats change nothing. */
  keep() {
    const alive = others.filter(user => this.statuses.get(user) !== 'offline').map(user => [user, 'session-1']);
    const tabs = [...alive, ['reader', 'session-reader']];
    for (const [user, session] of tabs) this.person(user).beat(session).catch(() => {});
    if (this.tab) this.x.beat(this.tab).catch(() => {});
  }

  /** All who are concerned by a change of USER have been told. */
  told(user) {
    const concerned = Object.keys(narrow).filter(one => narrow[one].includes(user));
    return this.witness.reach([...wide, ...concerned], this.reader);
  }

  /** x goes: says so, or leaves. */
  async begin() {
    await this.witness.step();
    if (this.invisible) {
      await this.x.say({ show: 'invisible' });
      if (!this.seen) await this.x.join({ session: 'session-x' });
      this.tab = 'session-x';
    } else if (this.seen) await this.x.leaveNow('session-x');
    if (this.seen) await this.told('x');
  }

  /** x comes back: says so, or joins. */
  async finish() {
    await this.witness.step();
    if (this.invisible) {
      await this.x.join({ session: 'session-x', status: 'active' });
      await this.witness.step();
      await this.x.say({ show: 'auto' });
    } else {
      await this.witness.step();
      await this.x.join({ session: 'session-back' });
    }
    await this.told('x');
    for (const [method, what, body] of reads) await this.read(method, what, body);
    clearInterval(this.keeper);
    await this.witness.end(this.messages);
  }

  async do([kind, name, user, status, text, read]) {
    await this.witness.step();
    if (kind === 'common') await common[name](this, user, status, text);
    else if (this.invisible) await busy[name](this, user, status, text);
    await this.read(...read);
  }

  async read(method, what, body) {
    const match = method === 'GET' && this.etags[what];
    const headers = match ? { 'If-None-Match': match } : {};
    const { headers: got } = await this.witness.read(this.reader, method, what, { body, headers });
    this.etags[what] = got.etag;
  }

  /* ---- in both runs ---- */

  async turn(user, status) {
    if (this.statuses.get(user) === status) return;
    const gone = this.statuses.get(user) === 'offline';
    this.statuses.set(user, status);
    if (gone) await this.person(user).join({ session: 'session-1', status });
    else await this.person(user).beat('session-1', { status });
    await this.told(user);
  }

  async go(user) {
    if (this.statuses.get(user) === 'offline') return;
    this.statuses.set(user, 'offline');
    await this.person(user).leaveNow('session-1');
    await this.told(user);
  }

  async say(user, body) {
    const key = JSON.stringify(body);
    if (this.texts.get(user) === key) return;
    this.texts.set(user, key);
    const before = await this.reader.cursor();
    await this.person(user).say(body);
    if ((await this.reader.cursor()) !== before) await this.told(user);
  }

  /* What SAY says of x has an emoji, and ends soon. */
  async aWhile(say) {
    await say();
    await this.told('x');
    await this.witness.step();
    await until(async () => !(await this.reader.entryOf('x')).emoji, 'it ends');
    await this.told('x');
  }

  /** WHAT, after which pages fetch something again, is done and told. */
  async fetchedAgain(what) {
    const before = await this.reader.cursor();
    await what();
    await until(async () => (await this.reader.cursor()) !== before, 'it is told');
    await this.witness.reach([...wide, ...Object.keys(narrow)], this.reader);
  }

  async rename(user, name) {
    const path = `/workspaces/${ws}/members/${user}`;
    const put = () => this.stack.adm('PUT', path, { body: { name } });
    if ((await this.stack.adm('GET', path)).body.name === name) await put();
    else await this.fetchedAgain(put);
  }

  async openDm(user) {
    await this.x.ask('POST', 'dms', { body: { participants: [user] } });
  }

  /* ---- of x, who is invisible ---- */

  async beatX(status) {
    await this.x.beat(this.tab, { status });
    await this.x.beat(this.tab);
  }

  async openTabs() {
    for (const session of ['session-2', 'session-3']) await this.x.join({ session, status: 'away' });
    await this.x.leaveNow('session-2');
    await this.x.beat('session-3', { status: 'active' });
    await this.x.leaveNow('session-3');
  }

  async pollX() {
    const { cursor } = await this.x.join({ session: this.tab });
    await this.x.poll({ since: cursor, session: this.tab, wait: 0, status: 'away' });
    await this.x.poll({ wait: 0, session: this.tab, status: 'active' });
  }

  /* A poll of x in SESSION waits. Its connection is the daemon's own: a web server may not tell when it closes. */
  async park(session) {
    const { cursor } = await this.x.join({ session });
    const target = `/v1/workspaces/${ws}/stream?since=${cursor}&session=${session}`;
    const connection = await fcgi.Connection.open(this.stack.address);
    connection.send(fcgi.requestBytes({ params: fcgi.variables('GET', target, { token: this.stack.tokens.get('x') }) }));
    await until(async () => (await this.stack.parked()) === WATCHERS + 1, 'it is parked');
    return { connection, cursor };
  }

  async supersede() {
    const { connection, cursor } = await this.park(this.tab);
    await this.x.poll({ since: cursor, session: this.tab, wait: 0 });
    await connection.answer();
    connection.destroy();
  }

  async streamX() {
    const stream = await Events.open(this.x, { session: this.tab });
    await stream.next('changes');
    stream.close();
    await this.x.join({ session: this.tab });
  }

  async #gone(session) {
    await until(async () => (await this.reader.sessionsOf('x')).every(one => one.session !== session), `${session} is over`);
  }

  async leaveWithGrace() {
    const { tab } = this;
    this.tab = null;
    await this.x.leave(tab);
    await this.#gone(tab);
    await this.#back();
  }

  async lapse() {
    const { tab } = this;
    this.tab = null;
    await this.x.join({ session: tab }); // a poll's lease is longer
    await this.#gone(tab);
    await this.#back();
  }

  async closeConnection() {
    const { connection } = await this.park('session-4');
    connection.destroy();
    await this.#gone('session-4');
  }

  async #back() {
    this.tab = 'session-x';
    await this.x.join({ session: this.tab });
  }

  async claim(status, text) {
    const body = { show: status, dnd: true, text: text || 'In a call', for: 300 };
    await this.x.claim('call', body);
    await this.x.claim('call', body);
    await this.x.ask('DELETE', 'me/claims/call');
  }

  async readAll() {
    for (const what of ['status', 'members', 'dms', 'stream', 'counts', 'me/status']) await this.x.ask('GET', what);
  }

  async sayInvisible() {
    await this.x.say({ show: 'invisible' });
  }
}

async function record(seed, how) {
  let seen;
  await withStack({ conf }, async stack => {
    const run = new Run(stack, how);
    try {
      await run.open();
      await run.begin();
      for (const step of planOf(seed)) await run.do(step);
      await run.finish();
      ({ seen } = run.witness);
    } finally {
      clearInterval(run.keeper);
    }
  });
  return seen;
}

describe('to others, somebody invisible and busy is somebody offline', { concurrency: 2 }, () => {
  for (const [what, how] of [
    ['who was here before', { seen: true }],
    ['who was never seen', { seen: false }],
  ])
    it(`${what}: not a byte differs, and nobody is woken`, { timeout: 240000 }, async () => {
      const seed = newSeed();
      const [offline, invisible] = await Promise.all([false, true].map(one => record(seed, { ...how, invisible: one })));
      const say = `SEED=${seed}\n${planOf(seed).map((step, i) => `${i + 2} ${step.slice(0, 5).join(' ')}`).join('\n')}`;
      assert.deepEqual([...invisible.keys()].sort(), [...offline.keys()].sort());
      for (const [watcher, got] of offline) {
        const other = invisible.get(watcher);
        const at = got.findIndex((text, i) => text !== other[i]);
        assert.equal(other[at], got[at], `what ${watcher} got, number ${at}: ${say}`);
        assert.equal(other.length, got.length, `how often ${watcher} got something, then ${other[got.length]}: ${say}`);
        for (const text of other) assert.ok(!/invisible|unseen|frozen/i.test(text), text);
      }
    });
});
