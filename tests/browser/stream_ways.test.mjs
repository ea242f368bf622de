// SPDX-License-Identifier: ISC
// Streams that are held back, cut off or refused on their way: pages go on by polls where streams do not come through, and only there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pause, until } from '../lib/until.mjs';
import { startMiddle } from './lib/middle.mjs';
import { count, own, sees, setHidden, startSite, visit } from './lib/site.mjs';
import { follow, heard, isStream, polls, streams, uses } from './lib/streams.mjs';

let site, browser;
before(async () => {
  site = await startSite({ web: 'nginx' });
  browser = await site.browser();
});
after(() => site.stop());

const following = (ann, bob, { at = site, ...shown } = {}) => follow(browser, at, { ann, bob, ...shown });

test('what lies between', { concurrency: 4 }, async suite => {
  const tests = [];
  const it = (name, run) =>
    tests.push(
      suite.test(name, async t => {
        const middle = await startMiddle(site.web.port);
        t.after(() => middle.stop());
        const [ann, bob] = await site.stack.room(2);
        const at = { page: (person, shown) => site.page(person, shown).replace(site.url, middle.url) };
        await run({ middle, at, ann, bob });
      }),
    );

  for (const [name, isHeld] of [
    ['heads of streams', () => true],
    ['all but the heads', (request, chunk) => chunk !== null],
  ])
    it(`holds back ${name}: the page polls within 4 s and misses nothing, for a day`, async ({ middle, at, ann, bob }) => {
      middle.holds = isHeld;
      const page = await visit(browser, at.page(ann, { dots: [bob.user] }));
      await until(() => streams(page).length === 1, 'it tries');
      const { session } = await bob.join();
      await until(() => polls(page).length > 0, 'it polls', 9000);
      await sees(page, bob.user, 'active');
      await bob.beat(session, { status: 'away' });
      await sees(page, bob.user, 'away');
      assert.equal((await own(page)).transport, 'poll');
      assert.equal(streams(page)[0].body.since, polls(page)[0].body.since);
      assert.deepEqual(await heard(page, 'error'), []);
      await page.reload();
      await sees(page, bob.user, 'away');
      await until(() => polls(page).length > 2, 'it polls at once');
      assert.equal(streams(page).length, 1, 'and does not try again');

      middle.holds = () => false;
      await page.evaluate(() => {
        const key = Object.keys(localStorage).find(one => one.startsWith('rollcall polls '));
        localStorage.setItem(key, Date.now() - 24 * 3600 * 1000 - 1);
      });
      await page.reload();
      await uses(page, 'stream');
    });

  it('holds back streams, and the browser has no storage: this page remembers', async ({ middle, at, ann, bob }) => {
    middle.holds = () => true;
    const page = await visit(browser, 'about:blank');
    await page.addInitScript(() =>
      Object.defineProperty(window, 'localStorage', {
        get() {
          throw new DOMException('no', 'SecurityError');
        },
      }),
    );
    await page.goto(at.page(ann, { dots: [bob.user] }));
    await until(() => polls(page).length > 1, 'it polls', 9000);
    const { session } = await bob.join();
    for (const status of ['away', 'active', 'away']) {
      await bob.beat(session, { status });
      await sees(page, bob.user, status);
    }
    assert.equal(streams(page).length, 1);
    assert.deepEqual(page.errors, []);
  });

  it('answers nothing at all: that is not held against streams', async ({ middle, at, ann, bob }) => {
    const page = await visit(browser, 'about:blank');
    let isSilent = true;
    await page.route(isStream, route => (isSilent ? undefined : route.continue()));
    await page.goto(at.page(ann, { dots: [bob.user] }));
    await until(async () => (await own(page)).state === 'retrying', 'it fails', 20000);
    isSilent = false;
    await uses(page, 'stream', 60000);
    assert.equal(await page.evaluate(() => Object.keys(localStorage).some(key => /polls/.test(key))), false);
    assert.ok(middle);
  });

  it('falls silent: the page polls once a ping is 20 s late, from the same cursor', async ({ middle, at, ann, bob }) => {
    const page = await visit(browser, 'about:blank');
    await page.clock.install();
    await page.goto(at.page(ann, { dots: [bob.user] }));
    await uses(page, 'stream');
    middle.holds = () => true;
    const { session } = await bob.join();
    await bob.beat(session, { status: 'away' });
    await pause(300);
    await page.clock.runFor(25000); // beside which time passes as usual
    assert.equal(polls(page).length, 0);
    await until(async () => (await page.clock.runFor(200), polls(page).length > 0), 'it polls');
    await sees(page, bob.user, 'away');
    await page.clock.runFor(1000);
    await uses(page, 'poll');
    assert.equal(polls(page)[0].body.since, streams(page)[0].body.since);
    assert.deepEqual(await heard(page, 'error'), []);
  });

  it('falls silent while there is no network: a TTL later everyone is unknown', async ({ middle, at, ann, bob }) => {
    const page = await visit(browser, 'about:blank');
    await page.clock.install();
    await page.goto(at.page(ann, { dots: [bob.user] }));
    await uses(page, 'stream');
    await bob.join();
    await sees(page, bob.user, 'active');
    await until(() => count(page, 'heartbeat') > 0, 'the last request of its own accord');
    middle.holds = () => true;
    middle.refuses = true;
    await page.evaluate(() => dispatchEvent(new Event('offline')));
    const answers = (await heard(page, 'stream')).length;
    await page.clock.runFor(36000); // then it gives the stream up
    await until(async () => (await own(page)).state === 'retrying', 'it notices');
    await sees(page, bob.user, 'active');
    await page.clock.runFor(26000);
    await sees(page, bob.user, 'unknown');
    assert.equal((await heard(page, 'stream')).length, answers);
  });

  it('cuts streams off: others are opened, and nobody notices', async ({ middle, at, ann, bob }) => {
    const page = await following(ann, bob, { at });
    const watcher = await bob.follow();
    middle.cut();
    await bob.join();
    await sees(page, bob.user, 'active');
    assert.equal((await own(page)).transport, 'stream');
    assert.deepEqual((await heard(page, 'status')).filter(({ state }) => state === 'retrying'), []);
    assert.deepEqual(await heard(page, 'error'), []);
    assert.deepEqual(watcher.told(ann.user), []);
    await watcher.stop();
  });

  it('holds back a head once, where streams came through before: they are tried again', async ({ middle, at, ann, bob }) => {
    const page = await visit(browser, at.page(ann, { dots: [bob.user] }));
    await uses(page, 'stream');
    middle.holds = () => true;
    middle.cut();
    await until(() => polls(page).length > 0, 'it polls', 15000);
    middle.holds = () => false;
    await bob.join();
    await sees(page, bob.user, 'active');
    await until(() => streams(page).length > 2 && middle.streams.size === 1, 'it streams', 20000);
    await uses(page, 'stream');
    assert.equal(await page.evaluate(() => Object.keys(localStorage).some(key => /polls/.test(key))), false);
  });

  it('cuts each stream off after a moment: the page polls', async ({ middle, at, ann, bob }) => {
    middle.holds = (request, chunk) => {
      if (chunk === null) setTimeout(() => middle.cut(), 1500); // the page has heard something by then
      return false;
    };
    const page = await visit(browser, at.page(ann, { dots: [bob.user] }));
    await uses(page, 'stream');
    await until(() => polls(page).length > 1, 'it polls', 30000);
    await uses(page, 'poll');
    assert.equal(middle.begun, 3);
  });

  it('lets the network die while the machine sleeps: one poll, one stream, and all is right within 2 s', async ({
    middle, at, ann, bob,
  }) => {
    const page = await visit(browser, 'about:blank');
    await page.clock.install();
    await page.goto(at.page(ann, { dots: [bob.user] }));
    await uses(page, 'stream');
    const { session } = await bob.join();
    await sees(page, bob.user, 'active');
    await until(() => count(page, 'heartbeat') > 0, 'the last request of its own accord');
    let held = false;
    middle.holds = () => (held = true);
    await bob.leaveNow(session);
    await until(() => held, 'what the page would be told is held');
    await pause(100);
    middle.holds = () => false;
    const sent = page.requests.length;
    await page.clock.fastForward(8 * 3600 * 1000);
    await sees(page, bob.user, 'offline', 8000);
    await until(() => page.requests.length > sent + 1, 'it streams again');
    await pause(1000);
    const after = page.requests.slice(sent);
    assert.deepEqual(after.map(({ what, body }) => [what, body.wait > 0, body.status]), [
      ['stream', false, 'away'],
      ['stream', true, 'away'],
    ]);
    assert.equal((await own(page)).transport, 'stream');
    assert.equal(middle.streams.size, 1);
  });

  it('refuses while the page is hidden: three requests in 10 s, and then it goes on', async ({ middle, at, ann, bob }) => {
    const page = await following(ann, bob, { at });
    await setHidden(page, true);
    middle.refuses = true;
    middle.cut();
    const begun = Date.now();
    await until(async () => (await own(page)).state === 'retrying', 'it notices');
    await pause(10000 - (Date.now() - begun));
    const sent = page.requests.filter(({ at: when }) => when >= begun);
    assert.ok(sent.length <= 3, sent.map(({ what }) => what).join());
    middle.refuses = false;
    await bob.join();
    await setHidden(page, false);
    await sees(page, bob.user, 'active');
    await uses(page, 'stream');
  });

  await Promise.all(tests);
});

test('lighttpd that is not told to pass streams on: pages poll', async t => {
  const held = await startSite({ holdsBack: true });
  t.after(() => held.stop());
  const [ann, bob] = await held.stack.room(2);
  const page = await visit(browser, held.page(ann, { dots: [bob.user] }));
  const { session } = await bob.join();
  await sees(page, bob.user, 'active');
  await until(() => polls(page).length > 1, 'it polls');
  await bob.leaveNow(session);
  await sees(page, bob.user, 'offline');
  assert.equal((await own(page)).transport, 'poll');
});

test('a site that lacks the module polls', async () => {
  const [ann, bob] = await site.stack.room(2);
  const page = await visit(browser, 'about:blank');
  await page.route(/rollcall-stream\.js/, route => route.fulfill({ status: 404, body: '' }));
  await page.goto(site.page(ann, { dots: [bob.user] }));
  await bob.join();
  await sees(page, bob.user, 'active');
  assert.equal((await own(page)).transport, 'poll');
  assert.deepEqual(page.errors, []);
});
