// SPDX-License-Identifier: ISC
// Two people in two browsers: what one does the other sees, and nothing else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pause, until } from '../lib/until.mjs';
import { own, open, sees, setHidden, startSite, visit } from './lib/site.mjs';

let site, browser, cached;
before(async () => {
  site = await startSite();
  browser = await site.browser();
  cached = await site.browser({ bfcache: true });
});
after(() => site.stop());

const options = { concurrency: 4 };

test('two people in two browsers', options, async suite => {
  const tests = [];
  const it = (name, run) =>
    tests.push(
      suite.test(name, async t => {
        const [ann, bob] = await site.stack.room(2);
        await run({ ann, bob, t });
      }),
    );

  it('see each other active, away when hidden, back, and offline when closed', async ({ ann, bob }) => {
    const b = await visit(browser, site.page(bob, { dots: [ann.user, bob.user] }));
    await sees(b, ann.user, 'offline');
    const a = await visit(browser, site.page(ann, { dots: [bob.user] }));
    assert.ok((await sees(b, ann.user, 'active')) < 8000);
    await sees(a, bob.user, 'active');
    const hidden = Date.now();
    await setHidden(a, true);
    await sees(b, ann.user, 'away', 20000);
    const away = Date.now() - hidden;
    assert.ok(away > 4000, `away after ${away} ms is sooner than the 5 s that a page may be hidden`);
    await setHidden(a, false);
    assert.ok((await sees(b, ann.user, 'active')) < 8000);
    await a.close();
    assert.ok((await sees(b, ann.user, 'offline', 30000)) < 14000);
    assert.deepEqual([...a.errors, ...b.errors], []);
  });

  it('are away at once with hide-after 0, and when nobody touches a page for idle-after', async ({ ann, bob }) => {
    const b = await visit(browser, site.page(bob, { dots: [ann.user] }));
    const a = await visit(browser, site.page(ann, { attributes: { 'hide-after': 0 } }));
    await sees(b, ann.user, 'active');
    await setHidden(a, true);
    assert.ok((await sees(b, ann.user, 'away')) < 4500);
    await setHidden(a, false);
    await sees(b, ann.user, 'active');
    await a.evaluate(() => document.querySelector('rollcall-session').setAttribute('idle-after', 3));
    await sees(b, ann.user, 'away');
    let x = 10; // each move counts for 3 s
    await until(async () => (await a.mouse.move(x++, 10), await sees(b, ann.user, 'active', 1000), true), 'a touch is seen', 8000);
  });

  it('see nothing of short hides', async ({ ann, bob }) => {
    const b = await bob.follow();
    const a = await visit(browser, site.page(ann));
    await b.saw(ann.user, 'active');
    for (let i = 0; i < 10; i++) {
      await setHidden(a, true);
      await pause(1500);
      await setHidden(a, false);
      await pause(100);
    }
    assert.deepEqual(b.told(ann.user), ['active']);
    assert.ok(a.requests.every(({ body }) => body.status === 'active'));
    await b.stop();
  });

  it('see nothing of a reload, nor of going from page to page 20 times', async ({ ann, bob }) => {
    const b = await bob.follow();
    const a = await visit(browser, site.page(ann));
    await b.saw(ann.user, 'active');
    const { session } = await own(a);
    let late = 0; // pages that may have come after the grace
    for (let i = 0; i <= 20; i++) {
      const begun = Date.now();
      if (i < 20) await a.goto(`${site.url}/plain.html`);
      await (i < 20 ? a.goto(site.page(ann)) : a.reload());
      await until(async () => (await own(a)).state === 'live', 'the page has joined again');
      assert.equal((await own(a)).session, session);
      if (Date.now() - begun > 4500) late++;
    }
    await pause(7000); // the last goodbye's grace is over
    const ends = b.told(ann.user).filter(status => status === 'offline').length;
    assert.ok(ends <= late, `${b.told(ann.user)}; ${late} pages were late`);
    assert.equal((await own(a)).session, session);
    assert.equal((await bob.sessionsOf(ann.user)).length, 1);
    await b.stop();
  });

  it('stay away, not offline, as long as a hidden page polls', async ({ ann, bob }) => {
    const b = await bob.follow();
    const a = await visit(browser, site.page(ann, { attributes: { 'hide-after': 0 } }));
    await b.saw(ann.user, 'active');
    await setHidden(a, true);
    await b.saw(ann.user, 'away');
    await pause(20000); // a lease is 15 s
    assert.deepEqual(b.told(ann.user), ['active', 'away']);
    await b.stop();
  });

  it('leave with the credential when the page is closed', async ({ ann, bob }) => {
    const b = await bob.follow();
    let why;
    for (let tries = 3; tries > 0 && why !== 'leave'; tries--) { // a page that stands still is closed without a goodbye
      const a = await visit(browser, site.page(ann));
      await b.shows(ann.user, ({ status }) => status === 'active');
      await a.close();
      ({ why } = await b.shows(ann.user, ({ status }) => status === 'offline'));
    }
    assert.equal(why, 'leave'); // which nobody says without one
    await b.stop();
  });

  it('are back at once from the back-forward cache, with one poll that goes on from the old cursor', async ({
    ann,
    bob,
  }) => {
    const b = await visit(browser, site.page(bob, { dots: [ann.user] }));
    const a = await visit(cached, site.page(ann, { dots: [bob.user] }));
    await sees(b, ann.user, 'active');
    await sees(a, bob.user, 'active');
    await a.evaluate(() => {
      window.kept = true;
      addEventListener('pageshow', event => {
        window.persisted = event.persisted;
      });
    });
    const { since } = a.requests.findLast(one => one.what === 'stream').body;
    await a.goto(`${site.url}/plain.html`);
    await sees(b, ann.user, 'offline', 20000);
    const begin = Date.now();
    await a.goBack({ waitUntil: 'commit', timeout: 3000 }).catch(() => {}); // there is no load to wait for
    await until(
      async () => await a.evaluate(() => window.kept && window.persisted),
      'the page comes out of the cache',
    );
    assert.ok((await sees(b, ann.user, 'active')) < 8000);
    const polls = () => a.requests.filter(one => one.what === 'stream' && one.at >= begin);
    await until(() => polls().length > 0, 'it polls');
    await pause(1500);
    assert.ok(polls().length <= 5, `${polls().length} polls`);
    assert.equal(polls()[0].body.since.split('-')[0], since.split('-')[0]);
    await sees(a, bob.user, 'active');
    assert.deepEqual(a.errors, []);
  });

  it('stay offline for others after close({ now: true })', async ({ ann, bob }) => {
    const b = await bob.follow();
    const a = await visit(browser, site.page(ann, { client: {} }));
    await b.saw(ann.user, 'active');
    await a.evaluate(() => window.client.close({ now: true }));
    await b.saw(ann.user, 'offline', 4500); // and not after the grace
    await pause(6000);
    assert.deepEqual(b.told(ann.user), ['active', 'offline']);
    assert.equal((await own(a)).state, 'closed');
    await b.stop();
  });

  it('set their status by hand, for all of their tabs', async ({ ann, bob }) => {
    const b = await visit(browser, site.page(bob, { dots: [ann.user] }));
    const a = await visit(browser, site.page(ann));
    await sees(b, ann.user, 'active');
    const second = await open(a.context(), site.page(ann));
    await until(async () => (await own(second)).state === 'live', 'the second tab knows of the first');
    await second.evaluate(() => window.client.setStatus('away'));
    await sees(b, ann.user, 'away');
    await a.evaluate(() => window.client.setStatus(null));
    await sees(b, ann.user, 'active');
    assert.match(
      await a.evaluate(() => {
        try {
          window.client.setStatus('offline');
        } catch (error) {
          return error.name;
        }
      }),
      /TypeError/,
    );
  });

  await Promise.all(tests);
});
