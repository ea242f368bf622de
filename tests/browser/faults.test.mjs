// SPDX-License-Identifier: ISC
// Servers that answer wrongly, late or not at all, credentials that end, networks that come and go, machines that sleep.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pause, until } from '../lib/until.mjs';
import { count, open, own, sees, startSite, visit } from './lib/site.mjs';

let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

const isStream = url => url.pathname.endsWith('/stream');
const isRollcall = url => url.pathname.startsWith('/presence/');

/** A page at about:blank whose requests that match URLS are answered by ANSWER(route) from now on. */
async function withAnswers(person, urls, answer, shown) {
  const page = await visit(browser, 'about:blank');
  await page.route(urls, answer);
  await page.goto(site.page(person, shown));
  return page;
}

const errors = page =>
  page.evaluate(() => window.heard.filter(([type]) => type === 'error').map(([, detail]) => detail));

const faults = transport => async suite => {
  site.transport = transport;
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(2)))));

  const wrong = {
    401: {
      status: 401,
      contentType: 'application/problem+json',
      body: '{"status":401,"code":"invalid_credential","detail":"no"}',
    },
    '200 {}': { status: 200, contentType: 'application/json', body: '{}' },
    '200 with a cursor and nothing more': { status: 200, contentType: 'application/json', body: '{"cursor":"x-1"}' },
    '200 with the same cursor and nothing new': {
      status: 200,
      contentType: 'application/json',
      body: '{"cursor":"x-1","more":false,"resync":false,"changes":[]}',
    },
    'a resync each time': {
      status: 200,
      contentType: 'application/json',
      body: '{"cursor":"x-1","more":false,"resync":true,"changes":[]}',
    },
    204: { status: 204 },
    'a login page': { status: 200, contentType: 'text/html', body: '<!doctype html><title>Sign in</title>' },
    'a redirection': { status: 302, headers: { location: '/plain.html' } },
    'half an answer': { status: 200, contentType: 'application/json', body: '{"cursor":"x-1","chan' },
    500: { status: 500, contentType: 'text/html', body: 'oops' },
  };
  for (const [name, answer] of Object.entries(wrong)) {
    it(`at most 3 polls in 10 s when each is answered at once by ${name}`, async ann => {
      const page = await withAnswers(ann, isStream, route => route.fulfill(answer));
      await pause(10000);
      const polls = count(page, 'stream');
      assert.ok(polls >= 1 && polls <= 3, `${polls} polls`);
      assert.deepEqual(page.errors, []);
    });
  }

  it('a token function is asked once more on 401; then the page stops, says so, and goes on with a new token', async (ann, bob) => {
    const page = await visit(browser, site.page(ann, { dots: [bob.user] }));
    await sees(page, bob.user, 'offline');
    await page.route(isRollcall, route => route.fulfill(wrong['401']));
    await page.evaluate(() => {
      window.asked = 0;
      window.client.setToken(() => {
        window.asked++;
        return 'rc_no_good';
      });
    });
    await until(async () => (await own(page)).state === 'stopped', 'it stops');
    await pause(3000);
    assert.equal(await page.evaluate(() => window.asked), 2);
    assert.equal(await page.locator('rollcall-dot').getAttribute('status'), 'unknown');
    const last = (await errors(page)).at(-1);
    assert.deepEqual([last.code, last.status, last.retryIn], ['invalid_credential', 401, null]);
    await page.unroute(isRollcall);
    await page.evaluate(token => window.client.setToken(token), site.stack.tokens.get(ann.user));
    await until(async () => (await own(page)).state === 'live', 'it goes on');
    await sees(page, bob.user, 'offline');
  });

  it('a token that expires under a poll is renewed without anybody seeing it', async (ann, bob) => {
    const watcher = await bob.follow();
    const page = await visit(browser, site.page(ann, { client: {}, token: 'rc_none' }));
    await until(async () => (await own(page)).state === 'stopped', 'it stops');
    const short = await site.stack.newToken({ user: ann.user, expires_in: 6 });
    await page.evaluate(
      ([first, second]) => {
        const tokens = [first, second];
        window.asked = 0;
        window.client.setToken(async () => {
          window.asked++;
          return tokens.shift();
        });
      },
      [short, site.stack.tokens.get(ann.user)],
    );
    await watcher.saw(ann.user, 'active');
    await until(() => page.evaluate(() => window.asked === 2), 'the token is renewed', 20000);
    await until(async () => (await own(page)).state === 'live', 'it goes on');
    await pause(6000);
    assert.deepEqual(watcher.told(ann.user), ['active']);
    assert.equal(await page.evaluate(() => window.asked), 2);
    await watcher.stop();
  });

  it('a member who is removed is told once and asks no more', async (ann, bob) => {
    const page = await visit(browser, site.page(ann, { dots: [bob.user], client: {} }));
    await sees(page, bob.user, 'offline');
    await site.stack.adm('DELETE', `/workspaces/${ann.ws}/members/${ann.user}`);
    await until(async () => (await own(page)).state === 'stopped', 'it stops');
    const since = Date.now();
    await pause(4000);
    assert.equal(page.requests.filter(one => one.at > since).length, 0);
    assert.equal((await errors(page)).at(-1).code, 'not_a_member');
    assert.equal(await page.locator('rollcall-dot').getAttribute('status'), 'unknown');
  });

  it('Retry-After is kept, with jitter', async ann => {
    const page = await withAnswers(ann, isRollcall, route =>
      route.fulfill({ status: 503, headers: { 'retry-after': '5' }, body: '' }),
    );
    await until(() => page.requests.length === 2, 'it tries again', 30000);
    const rest = page.requests[1].at - page.requests[0].at;
    assert.ok(rest >= 4900 && rest < 14000, `${rest} ms`);
  });

  it('500 clients whose server was down come back spread over half the longest back-off', async ann => {
    const page = await visit(browser, `${site.url}/plain.html`);
    await page.clock.install();
    const spread = await page.evaluate(async () => {
      const asked = [];
      let isUp = false;
      window.fetch = async () => {
        if (isUp) asked.push(Date.now());
        throw new TypeError('down');
      };
      Object.defineProperty(navigator, 'locks', { value: undefined });
      const { Rollcall } = await import('./rollcall.js');
      for (let i = 0; i < 500; i++) new Rollcall({ workspace: 'w', token: 't' });
      window.up = () => {
        isUp = true;
      };
      window.spread = () => asked.slice(0, 500).at(-1) - asked[0];
    });
    assert.equal(spread, undefined);
    await page.clock.runFor(120000);
    await page.evaluate(() => window.up());
    await page.clock.runFor(31000);
    assert.ok((await page.evaluate(() => window.spread())) > 15000, `${await page.evaluate(() => window.spread())} ms`);
    assert.ok(ann);
  });

  it('offline, everyone is unknown after a ttl and not before; back, all is right within seconds', async (ann, bob) => {
    const page = await visit(browser, site.page(ann, { dots: [bob.user] }));
    await page.clock.install();
    await sees(page, bob.user, 'offline');
    await bob.join();
    await sees(page, bob.user, 'active');
    await page.context().setOffline(true);
    await pause(1000);
    assert.equal(await page.locator('rollcall-dot').getAttribute('status'), 'active');
    await page.clock.runFor(62000);
    await sees(page, bob.user, 'unknown');
    await page.context().setOffline(false);
    await sees(page, bob.user, 'active', 9000);
    assert.equal((await own(page)).state, 'live');
  });

  it('after 8 hours of sleep there is one request, and all is right within 2 s', async (ann, bob) => {
    const page = await visit(browser, 'about:blank');
    await page.clock.install();
    await page.goto(site.page(ann, { dots: [bob.user], transport: 'poll' }));
    await sees(page, bob.user, 'offline');
    const { session } = await bob.join();
    await sees(page, bob.user, 'active');
    await pause(4500);
    // While it sleeps its poll dies, and nothing reports that.
    let isDead = true, lost = 0;
    await page.route(isStream, route => (isDead ? void lost++ : route.continue()));
    await until(() => lost > 0, 'a poll that nobody answers', 15000);
    await pause(1600);
    isDead = false;
    await bob.leaveNow(session);
    const woken = Date.now();
    await page.clock.fastForward(8 * 3600 * 1000);
    await sees(page, bob.user, 'offline', 8000);
    assert.equal(
      page.requests.find(one => one.at >= woken).body.status,
      'away',
      'nobody has touched the page for 8 hours',
    );
    // The one that answers with what has happened, and the one that waits for more.
    const asked = () => page.requests.filter(one => one.at >= woken).map(one => one.what);
    await until(() => asked().length > 1, 'it waits for more');
    await pause(1000);
    assert.deepEqual(asked(), ['stream', 'stream']);
    assert.equal((await own(page)).state, 'live');
  });

  it('many changes in quick succession are told without delay', async (ann, bob) => {
    const page = await visit(browser, site.page(ann, { dots: [bob.user] }));
    await sees(page, bob.user, 'offline');
    const { session } = await bob.join();
    for (let i = 0; i < 6; i++) {
      const status = i % 2 ? 'active' : 'away';
      await bob.beat(session, { status });
      await sees(page, bob.user, status); // the second that counted as a failure would take 9.5 s
    }
  });

  await Promise.all(tests);
};

test('faults, by polls', { concurrency: 4 }, faults('poll'));
test('faults', { concurrency: 4 }, faults('auto'));

test('restarts under open pages', async test => {
  // Leases outlast the longest pause between two tries, because slow recovery is not tested here.
  const site = await startSite({ conf: { gap: 60 } });
  test.after(() => site.stop());
  const browser = await site.browser();
  const [ann, bob] = await site.stack.room(2);
  const a = await visit(browser, site.page(ann, { dots: [bob.user] }));
  const b = await visit(browser, site.page(bob, { dots: [ann.user] }));
  await sees(a, bob.user, 'active');
  await sees(b, ann.user, 'active');
  const watch = page =>
    page.evaluate(() => {
      window.heard.length = 0;
    });
  const changes = page =>
    page.evaluate(() =>
      window.heard.filter(([type]) => type === 'change').map(([, { user, status }]) => `${user} ${status}`),
    );
  // A pause between two tries is up to 30 s long, by chance.
  const live = page => until(async () => (await own(page)).state === 'live', 'it follows again', 40000);

  await Promise.all([watch(a), watch(b)]);
  await site.stack.restart();
  await Promise.all([live(a), live(b)]);
  await pause(3000);
  assert.deepEqual(
    [...(await changes(a)), ...(await changes(b))],
    [],
    'a restart of rollcalld changes nothing for anybody',
  );

  await site.stack.kill();
  await until(async () => (await own(a)).state === 'retrying', 'a killed one is noticed', 30000);
  site.stack.startDaemon();
  await site.stack.ready();
  await Promise.all([live(a), live(b)]);
  assert.deepEqual(await changes(a), [], 'nor does a crash');

  await site.stack.redis('FLUSHALL');
  await sees(a, bob.user, 'active', 30000);
  await sees(b, ann.user, 'active', 30000);
  await until(
    () => a.evaluate(() => window.heard.some(([type]) => type === 'resync')),
    'what was lost is read again',
    30000,
  );
  assert.deepEqual([...a.errors, ...b.errors], []);
});

test('Redis is out of reach: pages say so within 10 s, nobody goes offline, and they come back by themselves', async () => {
  const [ann, bob] = await site.stack.room(2);
  await bob.join();
  const page = await visit(browser, site.page(ann, { dots: [bob.user] }));
  await sees(page, bob.user, 'active');
  await page.evaluate(() => {
    window.heard.length = 0;
  });
  const { pid } = site.stack.redisServer;
  process.kill(pid, 'SIGSTOP');
  try {
    await until(async () => (await own(page)).state === 'retrying', 'it is not live', 20000);
    const error = await page.evaluate(() => window.client.error);
    assert.deepEqual([error.kind, error.code], ['server', 'redis_unavailable']);
    const dot = page.locator('rollcall-dot');
    assert.equal(await dot.evaluate(element => element.matches(':state(retrying)')), true);
    assert.equal(await dot.getAttribute('status'), 'active');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await until(async () => (await own(page)).state === 'live', 'it is live again', 40000);
  await sees(page, bob.user, 'active');
  const told = await page.evaluate(() => window.heard.filter(([type]) => type === 'change').map(([, { status }]) => status));
  assert.deepEqual(told, []);
});

test('a poll that nobody answers is given up soon after its time, in all tabs', async () => {
  const [ann, bob] = await site.stack.room(2);
  const context = await browser.newContext();
  let answer = route => route.continue();
  await context.route(isStream, route => answer(route)); // of both tabs: whichever leads
  const tabs = [];
  const shown = { dots: [bob.user], transport: 'poll' };
  for (let i = 0; i < 2; i++) tabs.push(await open(context, site.page(ann, shown)));
  for (const tab of tabs) await sees(tab, bob.user, 'offline');
  const polls = () => tabs.flatMap(tab => tab.requests.filter(({ what }) => what === 'stream')).sort((a, b) => a.at - b.at);
  const isEverywhere = (state, ms) =>
    until(
      async () => (await Promise.all(tabs.map(own))).every(one => one.state === state),
      `all tabs are ${state}`,
      ms,
    );

  let lost = 0;
  answer = route => (lost++ ? route.abort() : undefined);
  await bob.join();
  await until(() => lost > 0, 'a poll that nobody answers');
  const dead = polls().at(-1).at;
  await isEverywhere('retrying', 40000); // 10 s of waiting and 10 s for the answer to come
  assert.ok(Date.now() - dead > 18000, 'an answer may be late'); // this process may have heard of the poll late, too
  const follower = tabs[(await own(tabs[0])).leader ? 1 : 0];
  const error = await until(
    () => follower.evaluate(() => window.client.error.retryIn > 9000 && window.client.error),
    'the next try has failed, too, and the one after it is some time away',
    40000,
  );
  assert.equal(error.kind, 'network');
  assert.ok(await follower.evaluate(() => window.heard.some(([type]) => type === 'error')));

  const failed = polls().at(-1).at;
  answer = route => route.continue();
  await follower.evaluate(() => window.client.retry());
  await isEverywhere('live', 40000);
  const next = polls().find(({ at }) => at > failed).at;
  assert.ok(next - failed < error.retryIn, 'a tab that does not lead can have it tried again');
  for (const tab of tabs) await sees(tab, bob.user, 'active');
});
