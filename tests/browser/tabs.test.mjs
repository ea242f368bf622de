// SPDX-License-Identifier: ISC
// The tabs of one browser are one session with one poll, over HTTP/1.1 with its six connections.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pause, until } from '../lib/until.mjs';
import { count, open, own, sees, setHidden, startSite, visit } from './lib/site.mjs';

let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

/** N tabs of PERSON in one profile, each with a dot for each of USERS. */
async function tabs(person, n, shown) {
  const first = await visit(browser, site.page(person, shown));
  const all = [first];
  while (all.length < n) all.push(await open(first.context(), site.page(person, shown)));
  for (const page of all) await until(async () => (await own(page)).state === 'live', 'each tab knows');
  return all;
}

async function leaderOf(pages) {
  const lead = await Promise.all(pages.map(async page => (await own(page)).leader));
  assert.equal(lead.filter(Boolean).length, 1, 'one tab leads');
  return pages[lead.indexOf(true)];
}

/** Ends the process of PAGE as a crash does. */
async function kill(page) {
  const crashed = page.waitForEvent('crash');
  const session = await page.context().newCDPSession(page);
  session.send('Page.crash').catch(() => {});
  await crashed;
}

const tabsTogether = transport => async suite => {
  site.transport = transport;
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(3)))));

  it('eight are one session and one poll, the eighth loads, and another leads when the leader is killed', async (ann, bob) => {
    const watcher = await bob.follow();
    const pages = await tabs(ann, 8, { dots: [bob.user] });
    assert.equal((await bob.sessionsOf(ann.user)).length, 1);
    const begun = Date.now();
    await pages[7].goto(`${site.url}/plain.html`);
    await pages[7].goto(site.page(ann, { dots: [bob.user] }));
    assert.ok(Date.now() - begun < 9000, 'the eighth loads');
    await until(async () => (await own(pages[7])).state === 'live', 'it follows again');

    const leader = await leaderOf(pages);
    const rest = pages.filter(page => page !== leader);
    const polls = rest.reduce((sum, page) => sum + count(page, 'stream'), 0);
    assert.equal(polls, 0, 'only the leader polls');
    await kill(leader);
    const killed = Date.now();
    await bob.join({ session: 'bob-is-here' }); // while nobody leads
    await Promise.all(rest.map(page => sees(page, bob.user, 'active')));
    assert.ok(Date.now() - killed < 9000);
    await leaderOf(rest);
    await pause(9000); // a lost connection's grace is over
    assert.deepEqual(watcher.told(ann.user), ['active']);
    await watcher.stop();
  });

  it('are as active as the most active of them, and offline when the last is closed', async (ann, bob) => {
    const b = await visit(browser, site.page(bob, { dots: [ann.user] }));
    const pages = await tabs(ann, 3, { attributes: { 'hide-after': 0 } });
    await sees(b, ann.user, 'active');
    await setHidden(pages[0], true);
    await setHidden(pages[1], true);
    await pause(1500);
    assert.equal(await b.locator('rollcall-dot').getAttribute('status'), 'active');
    await setHidden(pages[2], true);
    await sees(b, ann.user, 'away');
    await setHidden(pages[0], false);
    await sees(b, ann.user, 'active');
    const leader = await leaderOf(pages);
    await leader.close();
    const rest = pages.filter(page => page !== leader);
    await setHidden(rest[0], false);
    await until(async () => (await Promise.all(rest.map(own))).filter(tab => tab.leader).length === 1, 'another leads');
    await pause(7000);
    assert.equal(await b.locator('rollcall-dot').getAttribute('status'), 'active', 'the session outlives its leader');
    // The last one is closed once nothing of it is on its way: what overtakes its goodbye is a sign of life, for a lease.
    const second = await leaderOf(rest);
    const last = rest.find(page => page !== second);
    const polls = () => last.requests.filter(one => one.what === 'stream').length;
    const before = polls();
    const beat = last.waitForResponse(/heartbeat$/);
    await second.close();
    await until(async () => (await own(last)).leader && polls() > before, 'the last one leads and polls');
    await beat; // it has said that it is here
    await last.close();
    await sees(b, ann.user, 'offline', 30000);
  });

  it('a killed tab is forgotten, with what it watched and how active it was', async (ann, bob, carl) => {
    const b = await visit(browser, site.page(bob, { dots: [ann.user] }));
    const [leader] = await tabs(ann, 1, { dots: [bob.user], attributes: { 'hide-after': 0 } });
    const other = await open(leader.context(), site.page(ann, { dots: [carl.user] }));
    await sees(other, carl.user, 'offline');
    await setHidden(leader, true);
    await pause(500);
    await sees(b, ann.user, 'active');
    await kill(other);
    await sees(b, ann.user, 'away');
    await carl.join();
    await until(
      () => {
        const last = leader.requests.findLast(one => one.what === 'stream');
        return last && !last.body.users.includes(carl.user);
      },
      'nobody is polled for whom only the dead tab watched',
      15000,
    );
  });

  it('poll for the union of what they watch, and tell each tab what is its own', async (ann, bob, carl) => {
    const first = await visit(browser, site.page(ann, { dots: [bob.user] }));
    await sees(first, bob.user, 'offline');
    const second = await open(first.context(), site.page(ann, { dots: [carl.user] }));
    await sees(second, carl.user, 'offline');
    await until(() => {
      const { body } = first.requests.findLast(one => one.what === 'stream');
      assert.deepEqual(new Set(body.users), new Set([ann.user, bob.user, carl.user]));
      return true;
    }, 'one poll for all three');
    await bob.join();
    await carl.join();
    await sees(first, bob.user, 'active');
    await sees(second, carl.user, 'active');
    assert.deepEqual([...first.errors, ...second.errors], []);
  });

  it('of two people in one browser do not mix', async (ann, bob) => {
    const a = await visit(browser, site.page(ann, { dots: [bob.user] }));
    const b = await open(a.context(), site.page(bob, { dots: [ann.user] }));
    await sees(a, bob.user, 'active');
    await sees(b, ann.user, 'active');
    assert.notEqual((await own(a)).session, (await own(b)).session);
    assert.deepEqual([(await own(a)).leader, (await own(b)).leader], [true, true]);
  });

  it('without Web Locks each is for itself, keeps its session over a reload, and a duplicate gets one of its own', async (ann, bob) => {
    const watcher = await bob.follow();
    const context = await browser.newContext();
    await context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
    const first = await open(context, site.page(ann));
    await until(async () => (await own(first)).state === 'live', 'it has joined');
    const { session } = await own(first);
    const [second] = await Promise.all([
      context.waitForEvent('page'),
      first.evaluate(() => {
        window.open(location.href);
      }),
    ]); // copies sessionStorage
    await until(async () => (await own(second)).state === 'live', 'the duplicate has joined');
    assert.notEqual((await own(second)).session, session);
    await first.reload();
    await until(async () => (await own(first)).state === 'live', 'it has joined again');
    assert.equal((await own(first)).session, session);
    assert.equal((await bob.sessionsOf(ann.user)).length, 2);
    assert.deepEqual(watcher.told(ann.user), ['active']);
    await watcher.stop();
  });

  await Promise.all(tests);
};

test('tabs', { concurrency: 2 }, tabsTogether('auto'));
test('tabs, by polls', { concurrency: 2 }, tabsTogether('poll'));
