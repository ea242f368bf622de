// SPDX-License-Identifier: ISC
// Pages that follow by a stream and stand still: suspended, frozen, or kept by the browser for later.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { quickOnce, until } from '../lib/until.mjs';
import { chromiumFlags, chromiumPath, processOf, sees, startSite, visit } from './lib/site.mjs';
import { asks, heard, uses } from './lib/streams.mjs';

for (const web of ['nginx', 'lighttpd'])
  test(`pages that stand still, through ${web}`, async suite => {
    // Leases are short: a page that stands still lapses within seconds.
    const quick = await startSite({ web, conf: { ttl: 4, heartbeat: 1, wait: 2, gap: 1, leave_grace: 1 } });
    suite.after(() => quick.stop());
    const isAlone = () =>
      until(async () => (await quick.stack.metric('rollcall_streams')) === 1, 'there is one stream');
    /* RUN({ ann, bob, watcher }, step): what it opens is closed after STEP, however that ends. */
    const it = (name, run) =>
      suite.test(name, async step => {
        const [ann, bob] = await quick.stack.room(2);
        const watcher = await bob.follow();
        step.after(() => watcher.stop());
        await run({ ann, bob, watcher }, step);
      });
    const openBrowser = async (step, options) => {
      const browser = await quick.browser(options);
      step.after(() => browser.close());
      return browser;
    };

    await it('a suspended process lapses within a ttl, and goes on with one stream', async ({ ann, bob, watcher }, step) => {
      const alone = await openBrowser(step);
      const page = await visit(alone, quick.page(ann, { dots: [bob.user], transport: 'stream' }));
      await uses(page, 'stream');
      const pid = await processOf(page);
      process.kill(pid, 'SIGSTOP');
      try {
        assert.equal((await watcher.saw(ann.user, 'offline', 20000)).why, 'lapsed');
        await bob.join();
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await sees(page, bob.user, 'active');
      await until(() => watcher.told(ann.user).join() === 'active,offline,active', 'it is back');
      await isAlone();
      assert.equal((await bob.sessionsOf(ann.user)).length, 1);
      assert.deepEqual(page.errors, []);
    });

    await it('a hidden page that is frozen goes on from its cursor within 2 s', async ({ ann, bob, watcher }, step) => {
      // Playwright keeps all pages in view.
      const puppets = await puppeteer.launch({ executablePath: chromiumPath, args: chromiumFlags });
      step.after(() => puppets.close());
      const page = await puppets.newPage();
      const polled = [];
      page.on('request', one => one.url().endsWith('/stream') && polled.push(JSON.parse(one.postData())));
      await page.goto(quick.page(ann, { dots: [bob.user], transport: 'stream' }));
      await uses(page, 'stream');
      const session = await page.createCDPSession();
      const other = await puppets.newPage();
      const dot = () => page.evaluate(() => document.querySelector('rollcall-dot').getAttribute('status'));
      const isDot = status => until(async () => (await dot()) === status, `bob is ${status}`);
      await quickOnce(async () => {
        await isDot('offline'); // a session that bob has had before has lapsed
        const { cursor } = await until(async () => (await heard(page, 'stream')).at(-1), 'it is told something');
        await other.bringToFront();
        await until(() => page.evaluate(() => document.hidden), 'it is hidden');
        await session.send('Page.setWebLifecycleState', { state: 'frozen' });
        await until(() => watcher.told(ann.user).at(-1) === 'offline', 'it lapses');
        await bob.join();
        const sent = polled.length;
        const begun = Date.now();
        await session.send('Page.setWebLifecycleState', { state: 'active' });
        await page.bringToFront();
        await isDot('active');
        const ms = Date.now() - begun;
        await until(() => watcher.told(ann.user).at(-1) === 'active', 'it is back');
        await isAlone();
        for (const { since } of polled.slice(sent, sent + 1)) assert.equal(since, cursor);
        assert.deepEqual(await heard(page, 'resync'), []);
        return ms;
      }, 2000, { loose: 8000 });
    });

    for (const bfcache of [true, false])
      await it(`a page that is left and come back to, ${bfcache ? 'from' : 'without'} the cache`, async ({ ann, bob, watcher }, step) => {
        const alone = await openBrowser(step, { bfcache });
        const page = await visit(alone, quick.page(ann, { dots: [bob.user], transport: 'stream' }));
        await uses(page, 'stream');
        await page.evaluate(() => {
          window.isKept = true;
        });
        await quickOnce(async attempt => {
          await sees(page, bob.user, 'offline'); // a session that bob has had before has lapsed
          const { cursor } = (await heard(page, 'stream')).at(-1);
          await page.goto(`${quick.url}/plain.html`);
          await until(() => watcher.told(ann.user).at(-1) === 'offline', 'it lapses');
          await until(async () => (await quick.stack.metric('rollcall_streams')) === 0, 'no stream is left');
          await bob.join();
          const begun = Date.now();
          await page.goBack({ waitUntil: 'commit', timeout: 3000 }).catch(() => {}); // there is no load to wait for
          await until(async () => (await sees(page, bob.user, 'active')) < 5000, 'bob is seen');
          const ms = Date.now() - begun;
          assert.equal(await page.evaluate(() => Boolean(window.isKept)), bfcache, 'how it came back');
          const told = ['active', ...Array(attempt + 1).fill('offline,active')].join();
          await until(() => watcher.told(ann.user).join() === told, 'it is back');
          await isAlone();
          const [first] = asks(page).filter(({ at }) => at >= begun);
          if (bfcache) assert.equal(first.body.since, cursor);
          assert.deepEqual(await heard(page, 'resync'), []);
          assert.deepEqual(page.errors, []);
          return ms;
        }, ...(bfcache ? [2000, { loose: 8000 }] : [20000]));
      });
  });
