// SPDX-License-Identifier: ISC
// Statuses by hand in pages: those of others, the user's own, and that every end comes on time.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pause, until } from '../lib/until.mjs';
import { heard } from './lib/streams.mjs';
import { open, own, sees, setHidden, startSite, visit } from './lib/site.mjs';

const DAY_MS = 86400000;
let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

const say = async (person, body) => {
  const answer = await person.ask('PUT', 'me/status', { body });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
};
const presence = (page, user) => page.evaluate(one => window.client.getPresence(one), user);
const me = page => page.evaluate(() => window.client.me);
const changesOf = async (page, user) => (await heard(page, 'change')).filter(change => change.user === user);
const asked = page => page.requests.filter(({ what, method }) => what === 'status' && method === 'GET').length;

/** Resolves once PAGE has of USER what EXPECTED says; with the ms that it took. */
async function has(page, user, expected, ms = 20000) {
  const begin = Date.now();
  const isSo = async () => {
    const found = await presence(page, user);
    return Object.entries(expected).every(([name, value]) => found[name] === value);
  };
  await until(isSo, `${user} is ${JSON.stringify(expected)}`, ms);
  return Date.now() - begin;
}

test('by hand', { concurrency: 4 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(3)))));

  it('others see dnd, text and emoji at once, each told once, and since when stays as it was', async (ann, bob) => {
    const a = await visit(browser, site.page(ann));
    const lists = ['rollcall-status'];
    const b = await visit(browser, site.page(bob, { dots: [ann.user], lists, users: [ann.user] }));
    await sees(b, ann.user, 'active');
    const { since } = await presence(b, ann.user);
    const before = (await changesOf(b, ann.user)).length;
    await a.evaluate(() => window.client.setManual({ text: 'at <b>home</b>', emoji: '🏠' }));
    await has(b, ann.user, { text: 'at <b>home</b>', emoji: '🏠', dnd: false, until: null, status: 'active', since });
    assert.deepEqual(await b.locator('rollcall-status bdi').allTextContents(), ['🏠', 'at <b>home</b>']);
    await a.evaluate(() => window.client.setManual({ dnd: true }));
    await has(b, ann.user, { text: 'at <b>home</b>', dnd: true, status: 'active' });
    const dot = b.locator('rollcall-dot');
    assert.deepEqual([await dot.getAttribute('dnd'), await dot.getAttribute('aria-label')], ['', 'active, do not disturb']);
    assert.match(await dot.getAttribute('title'), /^Active since .*, do not disturb$/);
    assert.ok(await dot.evaluate(element => element.matches(':state(dnd)') && element.dnd === ''));
    await a.evaluate(() => window.client.setManual({ text: '', emoji: '', dnd: false }));
    await has(b, ann.user, { text: null, emoji: null, dnd: false });
    assert.equal(await dot.getAttribute('dnd'), null);
    assert.ok(await b.locator('rollcall-status').isHidden());
    const told = (await changesOf(b, ann.user)).slice(before);
    assert.deepEqual(
      told.map(one => [one.status, one.previous, one.text, one.emoji, one.dnd, one.since === since]),
      [
        ['active', 'active', 'at <b>home</b>', '🏠', false, true],
        ['active', 'active', 'at <b>home</b>', '🏠', true, true],
        ['active', 'active', null, null, false, true],
      ],
    );
    assert.deepEqual([...a.errors, ...b.errors], []);
  });

  it("one's own is told to all tabs, of which one asks, whichever device it was said on", async ann => {
    const first = await visit(browser, site.page(ann, { hears: ['me'] }));
    await until(async () => (await me(first))?.rev === 0, 'nothing was said yet');
    const second = await open(first.context(), site.page(ann, { hears: ['me'] }));
    await until(async () => (await me(second))?.rev === 0, 'the other tab knows, too');
    assert.deepEqual([asked(first), asked(second)], [1, 0]);
    await say(ann, { text: 'by curl' });
    for (const page of [first, second]) await until(async () => (await me(page)).text === 'by curl', 'a tab knows');
    assert.deepEqual([asked(first), asked(second)], [2, 0]);
    const answer = await second.evaluate(() => window.client.setManual({ show: 'invisible' }));
    assert.deepEqual([answer.invisible, answer.shown, answer.text], [true, 'offline', 'by curl']);
    await until(async () => (await me(first)).invisible, 'the leader knows, too');
    await second.evaluate(() => window.client.clearManual({ all: true }));
    await until(async () => (await me(first)).layers.length === 0, 'and that it is over');
    const [last] = (await heard(first, 'me')).slice(-1);
    assert.deepEqual([last.invisible, last.text], [false, undefined]);
    assert.deepEqual([...first.errors, ...second.errors], []);
  });

  it('a page that shows nothing of it asks for nothing', async (ann, bob) => {
    const page = await visit(browser, site.page(ann, { dots: [bob.user] }));
    await sees(page, bob.user, 'offline');
    await say(ann, { text: 'hello' });
    await has(page, ann.user, { text: 'hello' });
    assert.equal(asked(page) + page.requests.filter(({ what }) => what === 'counts').length, 0);
    const own = page.requests.filter(({ body }) => body?.counts !== undefined);
    assert.equal(own.length, 0);
    assert.ok(!site.wasAsked('/rollcall-me.js'), 'no menu was loaded');
  });

  it('ends for others even if all tabs of its owner are closed', async (ann, bob) => {
    const b = await visit(browser, site.page(bob, { dots: [ann.user] }));
    const a = await visit(browser, site.page(ann));
    await sees(b, ann.user, 'active');
    const { until: end } = await a.evaluate(() => window.client.setManual({ text: 'soon gone', dnd: true, for: 8 }));
    await has(b, ann.user, { text: 'soon gone', dnd: true, until: end });
    await b.evaluate(() => window.client.addEventListener('change', ({ detail: { text } }) => {
      if (text === null) window.endedAt ??= Date.now();
    }));
    await a.close();
    await sees(b, ann.user, 'offline', 20000);
    await has(b, ann.user, { text: null, dnd: false }, 20000);
    const late = (await b.evaluate(() => window.endedAt)) - end;
    assert.ok(late > -1500 && late < 6000, `${late} ms after its end`);
  });

  it('an end in 31 days comes then, even if no server answers and the machine slept', async (ann, bob) => {
    await say(ann, { text: 'on leave', until: Date.now() + 31 * DAY_MS });
    const page = await visit(browser, 'about:blank');
    await page.clock.install();
    await page.goto(site.page(bob, { dots: [ann.user] }));
    await has(page, ann.user, { text: 'on leave' });
    await pause(1500);
    await has(page, ann.user, { text: 'on leave' });
    await page.route('**/presence/**', route => route.abort());
    await page.clock.fastForward(30 * DAY_MS);
    await page.clock.runFor(2000);
    assert.equal((await presence(page, ann.user)).text, 'on leave');
    await page.clock.fastForward(DAY_MS);
    await page.clock.runFor(2000);
    assert.equal((await presence(page, ann.user)).text, null);
    const [last] = (await changesOf(page, ann.user)).slice(-1);
    assert.deepEqual([last.text, last.until], [null, null], 'listeners are told');
  });

  it('an end is by the clock of the server, whatever that of the browser says', async (ann, bob) => {
    await say(ann, { text: 'for an hour', for: 3600 });
    for (const hours of [-2, 2]) {
      const page = await visit(browser, 'about:blank');
      await page.clock.install({ time: Date.now() + hours * 3600000 });
      await page.goto(site.page(bob, { dots: [ann.user] }));
      await has(page, ann.user, { text: 'for an hour' });
      await pause(1500);
      await has(page, ann.user, { text: 'for an hour' });
      const ahead = await page.evaluate(() => window.client.now);
      assert.ok(Math.abs(ahead - Date.now()) < 10000, `the server's time, but for ${ahead - Date.now()} ms`);
      await page.close();
    }
  });

  it('dnd stays while the browser goes away and comes back', async (ann, bob) => {
    const b = await visit(browser, site.page(bob, { dots: [ann.user] }));
    const a = await visit(browser, site.page(ann, { attributes: { 'hide-after': 0 } }));
    await a.evaluate(() => window.client.setManual({ dnd: true }));
    await has(b, ann.user, { status: 'active', dnd: true });
    await setHidden(a, true);
    await has(b, ann.user, { status: 'away', dnd: true });
    assert.equal(await b.locator('rollcall-dot').getAttribute('aria-label'), 'away, do not disturb');
    await setHidden(a, false);
    await has(b, ann.user, { status: 'active', dnd: true });
  });

  it('away by hand lowers what the browser reports, and that stays what it was', async (ann, bob) => {
    const b = await visit(browser, site.page(bob, { dots: [ann.user] }));
    const a = await visit(browser, site.page(ann));
    await sees(b, ann.user, 'active');
    await a.evaluate(() => window.client.setManual({ show: 'away' }));
    await sees(b, ann.user, 'away');
    assert.equal((await own(a)).status, 'active');
    await a.evaluate(() => window.client.clearManual());
    await sees(b, ann.user, 'active');
  });

  it('the counts are told once somebody listens, and when they change', async (ann, bob, carl) => {
    await bob.join();
    const page = await visit(browser, site.page(ann, { hears: ['counts'] }));
    const counts = () => page.evaluate(() => window.client.counts);
    const are = expected =>
      until(async () => JSON.stringify(await counts()) === JSON.stringify(expected), JSON.stringify(expected));
    await are({ members: 3, active: 2, away: 0, offline: 1, dnd: 0 });
    await carl.join({ status: 'away' });
    await are({ members: 3, active: 2, away: 1, offline: 0, dnd: 0 });
    await say(bob, { dnd: true });
    await are({ members: 3, active: 2, away: 1, offline: 0, dnd: 1 });
    const last = (await heard(page, 'counts')).at(-1);
    assert.deepEqual(last, await counts());
    assert.deepEqual(page.errors, []);
  });

  it('a wrong request is refused with the sentence of the server', async ann => {
    const page = await visit(browser, site.page(ann));
    const error = await page.evaluate(() =>
      window.client.setManual({ text: 'x'.repeat(101) }).catch(({ kind, status, message }) => ({ kind, status, message })),
    );
    assert.deepEqual([error.kind, error.status], ['server', 400]);
    assert.match(error.message, /at most 100 characters/);
  });

  it('after an end, a claim still does not show somebody invisible', async ann => {
    const page = await visit(browser, site.page(ann));
    const after = await page.evaluate(async () => {
      const { current } = await import('./rollcall-self.js');
      const layers = [
        { layer: 'base', show: 'invisible', set: 1, wins: ['show'] },
        { layer: 'claim', show: 'active', set: 2, until: 9, wins: [] },
        { layer: 'temporary', text: 'over', set: 3, until: 5, wins: ['message'] },
      ];
      return current({ status: 'active', layers }, 6);
    });
    assert.deepEqual([after.invisible, after.shown, after.text], [true, 'offline', undefined]);
    assert.deepEqual(after.layers.map(({ layer, wins }) => [layer, wins]), [['base', ['show']], ['claim', []]]);
  });

  await Promise.all(tests);
});

test('the user\'s own status ends on time even if the server is dead', async () => {
  const alone = await startSite();
  try {
    const [ann, bob] = await alone.stack.room(2);
    const page = await visit(await alone.browser(), alone.page(ann, { hears: ['me'], dots: [bob.user] }));
    await say(bob, { text: 'soon gone', for: 12 });
    await say(ann, { text: 'base' });
    await say(ann, { text: 'temporary', show: 'invisible', dnd: true, for: 12 });
    await until(async () => (await me(page))?.text === 'temporary', 'it knows');
    await has(page, bob.user, { text: 'soon gone' });
    await alone.stack.stopDaemon();
    const { next } = await me(page);
    await has(page, bob.user, { text: null }, 30000);
    await until(async () => (await me(page)).text === 'base', 'what lies below is visible', 30000);
    assert.ok(Date.now() - next.at < 6000, `${Date.now() - next.at} ms after its end`);
    const { invisible, dnd, layers } = await me(page);
    assert.deepEqual([invisible, dnd, layers.map(({ layer }) => layer)], [false, false, ['base']]);
  } finally {
    await alone.stop();
  }
});
