// SPDX-License-Identifier: ISC
// Tokens that are missing or invalid: what a page says, and that it recovers once there is a good one.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pause, until } from '../lib/until.mjs';
import { own, sees, startSite, visit } from './lib/site.mjs';

let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

const errors = page =>
  page.evaluate(() => window.heard.filter(([type]) => type === 'error').map(([, detail]) => detail));

/** A page whose client calls FUNCTION, which is source; `token` in it is ANN's. */
async function withFunction(ann, source, shown = {}) {
  const page = await visit(browser, site.page(ann, { token: 'rc_none', client: {}, ...shown }));
  await page.evaluate(
    ([text, token]) => {
      window.asked = 0;
      window.client.setToken(new Function('token', `return ${text}`)(token));
    },
    [source, site.stack.tokens.get(ann.user)],
  );
  return page;
}

const wrong = {
  'a login page': "'<!doctype html>\\n<title>Sign in</title>'",
  'an error of a framework': `'{"error":"unauthorized"}'`,
  'an object': '({ token })',
  'a response': 'new Response(token)',
  nothing: "''",
  blanks: "' \\n '",
  'a text with a line end in it': "'rc_a\\nX-Admin: yes'",
  'letters beyond ASCII': "'rc_für'",
  'a number': '42',
  'a failure': "Promise.reject(new Error('500'))",
  'a failure that is thrown': "(() => { throw 'no' })()",
};

test('tokens', { concurrency: 6 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(2)))));

  for (const [name, value] of Object.entries(wrong)) {
    it(`a function that gives ${name} is asked again, and an error says so`, async (ann, bob) => {
      const page = await withFunction(ann, `() => window.asked++ < 1 ? ${value} : token + '\\n'`, { dots: [bob.user] });
      await until(async () => (await own(page)).state === 'live', 'it is live', 20000);
      await sees(page, bob.user, 'offline', 20000);
      const all = await errors(page);
      const { kind, code, status, message, retryIn } = all.at(-1);
      assert.deepEqual([kind, code, status], ['sign-in', 'no_token', 0]);
      assert.match(message, /^No token: /);
      assert.ok(retryIn > 0 && retryIn < 4000, `${retryIn} ms`);
      assert.equal(await page.evaluate(() => window.asked), 2);
      assert.equal(await page.evaluate(() => window.client.error), null);
      assert.equal(page.requests.filter(({ headers }) => /doctype|object/.test(headers.authorization)).length, 0);
      assert.deepEqual(page.errors, []);
    });
  }

  it('a login page after a token was refused, while the user signs in', async (ann, bob) => {
    const first = await site.stack.adm('POST', '/tokens', { body: { user: ann.user } });
    const page = await withFunction(
      ann,
      `() => [${JSON.stringify(first.body.token)}, '<html>', '<html>'][window.asked++] ?? token`,
      { dots: [bob.user] },
    );
    await sees(page, bob.user, 'offline', 20000);
    await site.stack.adm('DELETE', `/tokens/${first.body.id}`);
    await until(async () => (await own(page)).state === 'retrying', 'it says that it is not live', 20000);
    assert.equal((await errors(page)).at(-1).kind, 'sign-in');
    assert.equal((await page.evaluate(() => window.client.error)).code, 'no_token');
    await bob.join();
    await until(() => page.evaluate(() => window.asked > 2), 'it asks again', 30000);
    await page.evaluate(() => window.client.retry());
    await sees(page, bob.user, 'active', 20000);
    assert.equal((await own(page)).state, 'live');
  });

  it('one that never settles has half a minute, and the next answer counts', async ann => {
    const page = await visit(browser, 'about:blank');
    await page.clock.install();
    await page.goto(site.page(ann, { token: 'rc_none', client: {} }));
    await until(async () => (await own(page)).state === 'stopped', 'it has stopped');
    await page.evaluate(token => {
      window.asked = 0;
      window.client.setToken(() => (window.asked++ ? token : new Promise(() => {})));
    }, site.stack.tokens.get(ann.user));
    await page.clock.runFor(15000);
    assert.equal((await own(page)).state, 'starting');
    await page.clock.runFor(15500);
    await until(async () => (await own(page)).state === 'retrying', 'it gives up');
    assert.match((await errors(page)).at(-1).message, /30 s/);
    await page.clock.runFor(4000);
    await until(async () => (await own(page)).state === 'live', 'it is live');
  });

  it('setToken() while a function is asked: what that one says later does not count', async ann => {
    const page = await withFunction(ann, '() => new Promise(done => { window.late = done; })');
    await until(() => page.evaluate(() => Boolean(window.late)), 'it is asked');
    await page.evaluate(token => {
      window.client.setToken(token);
      window.late('rc_wrong');
    }, site.stack.tokens.get(ann.user));
    await until(async () => (await own(page)).state === 'live', 'it is live');
    assert.ok(page.requests.every(({ headers }) => !/rc_wrong/.test(headers.authorization)));
  });

  it('a text that cannot be a token stops the client, which says why', async ann => {
    const page = await visit(browser, site.page(ann, { token: '<%= token %>', client: {} }));
    await until(async () => (await own(page)).state === 'stopped', 'it stops');
    const { kind, retryIn } = await page.evaluate(() => window.client.error);
    assert.deepEqual([kind, retryIn], ['sign-in', null]);
    assert.equal(page.requests.length, 0);
  });

  it('errors say of what kind they are', async ann => {
    const page = await visit(browser, site.page(ann, { client: {} }));
    await until(async () => (await own(page)).state === 'live', 'it is live');
    const answers = {
      network: route => route.abort(),
      server: route => route.fulfill({ status: 503, body: '{"code":"redis_unavailable","detail":"no"}' }),
      'sign-in': route => route.fulfill({ status: 401, body: '{"code":"invalid_credential","detail":"no"}' }),
      refused: route => route.fulfill({ status: 403, body: '{"code":"not_a_member","detail":"no"}' }),
    };
    for (const [kind, answer] of Object.entries(answers)) {
      await page.route('**/members*', answer);
      const error = await page.evaluate(() => window.client.members().catch(({ kind, code, status }) => ({ kind, code, status })));
      assert.equal(error.kind, kind);
      assert.ok(error.code && error.status >= 0, JSON.stringify(error));
      await page.unroute('**/members*');
    }
  });

  it('properties that were set before the elements were defined are taken', async (ann, bob) => {
    await bob.join();
    const token = site.stack.tokens.get(ann.user);
    const address = site.write(
      'early.html',
      `<rollcall-session></rollcall-session><rollcall-dot></rollcall-dot><rollcall-members></rollcall-members>
<script>
  const [session, dot, list] = ['session', 'dot', 'members'].map(name => document.querySelector('rollcall-' + name));
  Object.assign(session, { url: '/presence', workspace: '${ann.ws}', user: '${ann.user}', hideAfter: 7, idleAfter: 70 });
  session.token = async () => '${token}';
  dot.user = '${bob.user}';
  Object.assign(list, { filter: '${bob.user}', href: '/people/{id}' });
</script>`,
    );
    const page = await visit(browser, address);
    await sees(page, bob.user, 'active');
    const rows = page.locator('rollcall-members a');
    await until(async () => (await rows.count()) === 1, 'the list is filtered, and links');
    assert.equal(await rows.getAttribute('href'), `/people/${bob.user}`);
    assert.deepEqual(
      await page.evaluate(() => {
        const session = document.querySelector('rollcall-session');
        return [session.getAttribute('hide-after'), session.idleAfter, session.hasAttribute('token')];
      }),
      ['7', '70', false],
    );
    await page.evaluate(() => {
      document.querySelector('rollcall-members').filter = null;
    });
    await until(async () => (await rows.count()) === 2, 'properties go on to work');
    assert.deepEqual(page.errors, []);
  });

  it('a token attribute that a morph takes away does not sign out; the same again changes nothing', async ann => {
    const page = await visit(browser, site.page(ann));
    await until(async () => (await own(page)).state === 'live', 'it is live');
    const sent = page.requests.length;
    await page.evaluate(() => {
      const session = document.querySelector('rollcall-session');
      for (const { name, value } of session.attributes) session.setAttribute(name, value);
      session.removeAttribute('token');
    });
    await pause(500);
    assert.equal((await own(page)).state, 'live');
    assert.ok(!page.requests.slice(sent).some(({ what }) => /leave|join/.test(what)));
  });

  await Promise.all(tests);
});
