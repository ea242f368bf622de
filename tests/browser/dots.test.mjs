// SPDX-License-Identifier: ISC
// What a dot looks like and says; and of the client what lists and pages need to say how current they are.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../lib/until.mjs';
import { tooWeak } from './lib/contrast.mjs';
import { count, own, sees, startSite, visit } from './lib/site.mjs';

let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

const title = (page, user) => page.locator(`rollcall-dot[user="${user}"]`).getAttribute('title');

/** Bob is active, Carl away, Dora offline, Ann at a page with their dots. */
async function dots(options, shown = {}) {
  const [ann, bob, carl, dora] = await site.stack.room(4);
  await bob.join();
  await carl.join({ status: 'away' });
  const page = await visit(browser, 'about:blank', options);
  if (shown.time) await page.clock.install({ time: shown.time });
  if (shown.route) await page.route(...shown.route);
  await page.goto(site.page(ann, { dots: [bob.user, carl.user, dora.user] }));
  await sees(page, bob.user, 'active');
  await sees(page, carl.user, 'away');
  await sees(page, dora.user, 'offline');
  return { page, ann, bob, carl, dora };
}

/** When USER became what they are, by the server, as FORMAT (of Intl) has it in the page's locale. */
async function since(page, person, user, format) {
  const { body } = await person.ask('GET', `status?user=${user}`);
  return page.evaluate(([ms, how]) => new Date(ms).toLocaleString([], how), [body.users[0].since, format]);
}

test('dots', { concurrency: 4 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, run));

  it("a dot's title says since when, by the short time of the locale", async () => {
    for (const locale of ['en-GB', 'en-US', 'de-DE']) {
      const { page, ann, bob, carl, dora } = await dots({ locale });
      const short = await since(page, ann, carl.user, { timeStyle: 'short' });
      assert.equal(await title(page, carl.user), `Away since ${short}`, locale);
      assert.match(await title(page, bob.user), /^Active since /);
      assert.equal(await title(page, dora.user), 'Offline');
      await page.context().close();
    }
  });

  it('and with the day, if that was not today', async () => {
    const time = new Date(Date.now() + 2 * 86400000);
    const { page, ann, carl } = await dots({ locale: 'en-GB' }, { time });
    const long = await since(page, ann, carl.user, { dateStyle: 'medium', timeStyle: 'short' });
    assert.equal(await title(page, carl.user), `Away since ${long}`);
  });

  it('dots take whole pixels at any size of the text', async () => {
    const { page } = await dots();
    const sizes = await page.evaluate(() =>
      [11, 13, 14, 15, 15.5, 16, 17, 19].flatMap(size => {
        document.body.style.fontSize = `${size}px`;
        return [...document.querySelectorAll('rollcall-dot')].map(dot => {
          const { width, height } = dot.getBoundingClientRect();
          return [width, height];
        });
      }),
    );
    for (const [width, height] of sizes)
      assert.ok(width === Math.round(width) && height === width, `${width} x ${height}`);
  });

  it('can be told from their background, light or dark', async () => {
    const { page } = await dots();
    assert.deepEqual(await tooWeak(page), []);
    await page.evaluate(() => {
      Object.assign(document.documentElement.style, { colorScheme: 'dark', background: '#181c22' });
    });
    assert.deepEqual(await tooWeak(page), []);
  });

  it('and from each other by their shapes alone, where the system chooses the colours', async () => {
    const { page } = await dots({ forcedColors: 'active' });
    const looks = await page.locator('rollcall-dot').evaluateAll(all =>
      all.map(dot => {
        const { backgroundImage, scale } = getComputedStyle(dot.shadowRoot.firstElementChild);
        return { color: getComputedStyle(dot).color, shape: `${backgroundImage === 'none'} ${scale}` };
      }),
    );
    assert.equal(new Set(looks.map(({ color }) => color)).size, 1);
    assert.equal(new Set(looks.map(({ shape }) => shape)).size, 3, JSON.stringify(looks));
  });

  it('a bar tells those who are not to be disturbed, whatever their status and colours', async () => {
    for (const options of [{}, { forcedColors: 'active' }]) {
      const { page, bob, carl, dora } = await dots(options);
      const look = () =>
        page.locator('rollcall-dot').evaluateAll(all =>
          all.map(dot => {
            const { maskImage, maskPosition, backgroundImage, scale } = getComputedStyle(dot.shadowRoot.firstElementChild);
            return [maskImage === 'none', maskPosition, backgroundImage, scale].join();
          }),
        );
      const before = await look();
      for (const one of [bob, carl, dora]) await one.ask('PUT', 'me/status', { body: { dnd: true } });
      await until(async () => (await page.locator('rollcall-dot[dnd]').count()) === 3, 'all have it');
      assert.equal(new Set([...before, ...(await look())]).size, 6, 'six that differ by shape alone');
      assert.deepEqual(await tooWeak(page), []);
      assert.equal(await page.locator(`rollcall-dot[user="${dora.user}"]`).getAttribute('aria-label'), 'offline, do not disturb');
      await page.context().close();
    }
  });

  it('a dot without a user has the dnd that the page gives it', async () => {
    const { page } = await dots();
    const made = await page.evaluate(() => {
      const dot = Object.assign(document.createElement('rollcall-dot'), { status: 'away', dnd: true });
      document.body.append(dot);
      const first = [dot.getAttribute('aria-label'), dot.matches(':state(dnd)')];
      dot.dnd = false;
      return [...first, dot.getAttribute('aria-label'), dot.hasAttribute('dnd'), dot.matches(':state(dnd)')];
    });
    assert.deepEqual(made, ['away, do not disturb', true, 'away', false, false]);
  });

  it('are dimmed while the client retries, and only then', async () => {
    let broken = true;
    const answer = route => (broken ? route.fulfill({ status: 503, body: '{}' }) : route.continue());
    const { page } = await dots({}, { route: ['**/stream', answer] });
    const opacities = () =>
      page.locator('rollcall-dot').evaluateAll(all => all.map(dot => getComputedStyle(dot).opacity).join(' '));
    await until(async () => (await opacities()) === '0.5 0.5 0.5', 'they are dimmed');
    assert.equal((await own(page)).state, 'retrying');
    broken = false;
    await page.evaluate(() => window.client.retry());
    await until(async () => (await opacities()) === '1 1 1', 'they are as before', 20000);
  });

  it('retry() asks again for the token of a client that has stopped', async () => {
    const [ann] = await site.stack.room(1);
    const page = await visit(browser, site.page(ann, { token: 'rc_no' }));
    await until(async () => (await own(page)).state === 'stopped', 'it has stopped');
    await page.evaluate(token => {
      document.querySelector('rollcall-session').token = () => (window.isSignedIn ? token : 'rc_no');
    }, site.stack.tokens.get(ann.user));
    await until(async () => (await own(page)).state === 'stopped', 'it has stopped again');
    await page.evaluate(() => {
      window.isSignedIn = true;
      window.client.retry();
    });
    await until(async () => (await own(page)).state === 'live', 'it is live');
  });

  it('watch(null) follows everyone, until it is taken back', async () => {
    const [ann, bob, carl] = await site.stack.room(3);
    await bob.join();
    const page = await visit(browser, site.page(ann, { dots: [carl.user] }));
    const status = () => page.evaluate(user => window.client.getStatus(user), bob.user);
    await sees(page, carl.user, 'offline');
    assert.equal(await status(), 'unknown');
    await page.evaluate(() => window.client.watch(null));
    await until(async () => (await status()) === 'active', 'bob is known');
    const told = await page.evaluate(() =>
      window.heard.filter(([type]) => type === 'change').map(([, { user }]) => user),
    );
    assert.ok(told.includes(bob.user) && !told.includes(null), told.join(' '));
    const begin = Date.now();
    await page.evaluate(() => window.client.unwatch(null));
    await until(() => count(page, 'stream', begin) > 0, 'another poll', 15000);
    await until(async () => (await status()) === 'unknown', 'bob is not followed any more');
    assert.deepEqual(page.errors, []);
  });

  await Promise.all(tests);
});
