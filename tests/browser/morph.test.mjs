// SPDX-License-Identifier: ISC
// Elements in pages that are patched, moved and taken apart by others: what they show stays right.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../lib/until.mjs';
import { count, sees, startSite, visit } from './lib/site.mjs';

const modules = fileURLToPath(new URL('node_modules', import.meta.url));
const libraries = {
  'idiomorph.js': 'idiomorph/dist/idiomorph.esm.js',
  'morphdom.js': 'morphdom/dist/morphdom-esm.js',
  'turbo.js': '@hotwired/turbo/dist/turbo.es2017-esm.js',
};

let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
  for (const [name, path] of Object.entries(libraries)) cpSync(join(modules, path), site.stack.path('site', name));
});
after(() => site.stop());

/* Each way to make the body of the page that of HTML. They run in the page. */
const ways = {
  idiomorph: async html => (await import('/idiomorph.js')).Idiomorph.morph(document.body, `<body>${html}</body>`),
  morphdom: async html => (await import('/morphdom.js')).default(document.body, `<body>${html}</body>`),
  'idiomorph of the inner HTML': async html =>
    (await import('/idiomorph.js')).Idiomorph.morph(document.body, html, { morphStyle: 'innerHTML' }),
  'a loop that takes all attributes away': async html => {
    const next = new DOMParser().parseFromString(html, 'text/html').querySelector('rollcall-dot');
    const dot = document.querySelector('rollcall-dot');
    for (let i = 0; i < 1000 && dot.attributes.length > 0; i++) dot.removeAttribute(dot.attributes[0].name);
    for (const { name, value } of next.attributes) dot.setAttribute(name, value);
  },
};

/** What the dot of USER says and looks like, in PAGE. */
const look = (page, user) => page.locator(`rollcall-dot[user="${user}"]`).first().evaluate(seen);

/* Runs in the page. */
function seen(dot) {
  const { color } = getComputedStyle(dot);
  const [status, role, label, title] = ['status', 'role', 'aria-label', 'title'].map(name => dot.getAttribute(name));
  return { status, role, label, title, color, state: Boolean(status) && dot.matches(`:state(${status})`) };
}

let pages = 0;
async function at(person, body) {
  const html = `${body}${site.session(person)}`;
  const page = await visit(browser, site.write(`morph-${++pages}.html`, html));
  page.html = html;
  return page;
}

test('morphs', { concurrency: 4 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(3)))));

  for (const [name, way] of Object.entries(ways)) {
    it(`${name}: a dot is at once as it was, and stays live`, async (ann, bob) => {
      const { session } = await bob.join();
      const page = await at(ann, `<p>Bob <rollcall-dot user="${bob.user}"></rollcall-dot></p>`);
      await sees(page, bob.user, 'active');
      const before = await look(page, bob.user);
      assert.match(before.title, /^Active since/);
      assert.deepEqual([before.role, before.label, before.state], ['img', 'active', true]);
      const after = await page.evaluate(`(async html => {
        await (${way})(html);
        ${name.startsWith('a loop') ? 'await new Promise(done => setTimeout(done, 50));' : ''}
        return (${seen})(document.querySelector('rollcall-dot'));
      })(${JSON.stringify(page.html)})`);
      assert.deepEqual(after, before);
      await bob.beat(session, { status: 'away' });
      await sees(page, bob.user, 'away');
      assert.equal(count(page, 'leave'), 0, 'the session is not touched');
      assert.deepEqual(page.errors, []);
    });
  }

  it('a copy of the page from before changes nothing, and another user is shown as they are', async (ann, bob, carl) => {
    await bob.join();
    const page = await at(ann, `<rollcall-dot user="${bob.user}"></rollcall-dot>`);
    await sees(page, bob.user, 'active');
    const before = await look(page, bob.user);
    const stale = `status="away" title="Away" aria-label="away" role="note"`;
    const morph = html => page.evaluate(`(${ways.idiomorph})(${JSON.stringify(html)})`);
    await morph(page.html.replace('<rollcall-dot', `<rollcall-dot ${stale}`));
    assert.deepEqual(await look(page, bob.user), before);
    await morph(page.html.replace(`user="${bob.user}"`, `user="${carl.user}"`));
    await sees(page, carl.user, 'offline');
    await carl.join();
    await sees(page, carl.user, 'active');
    assert.match((await look(page, carl.user)).title, /^Active/);
  });

  it('a list keeps its rows, and a session that is put elsewhere goes on', async (ann, bob) => {
    await bob.join();
    const page = await at(ann, '<main><rollcall-members></rollcall-members></main><p id="end"></p>');
    const rows = page.locator('rollcall-members [part=item]');
    await until(async () => (await rows.count()) === 3, 'all are listed');
    const isForAll = ({ what, body }) => what === 'stream' && !body.users;
    await until(() => page.requests.some(isForAll), 'everyone is followed');
    await page.evaluate(() => {
      document.querySelector('#end').after(document.querySelector('rollcall-members'));
      document.body.prepend(document.querySelector('rollcall-session'));
      document.querySelector('#end').append(document.querySelector('rollcall-session'));
      document.querySelector('main').append(document.querySelector('rollcall-members'));
      document.body.append(document.querySelector('rollcall-session'));
    });
    await page.evaluate(`(${ways.morphdom})(${JSON.stringify(page.html)})`);
    await sees(page, bob.user, 'active');
    assert.equal(await rows.count(), 3);
    await page.waitForTimeout(1000); // within which a list fetches what has changed
    assert.deepEqual(
      page.requests.map(({ what }) => what).filter(what => !/stream|heartbeat|status/.test(what)),
      ['join', 'members'],
    );
    assert.deepEqual(page.errors, []);
  });

  it("Turbo's page refresh by morphing", async (ann, bob) => {
    const { session } = await bob.join();
    const page = await at(
      ann,
      `<script type="module">import '/turbo.js'; window.kept = true;</script>
<meta name="turbo-refresh-method" content="morph"><rollcall-dot user="${bob.user}"></rollcall-dot>`,
    );
    await sees(page, bob.user, 'active');
    const before = await look(page, bob.user);
    await page.evaluate(
      () =>
        new Promise(done => {
          addEventListener('turbo:render', done, { once: true });
          window.Turbo.visit(location.href, { action: 'replace' });
        }),
    );
    assert.equal(await page.evaluate(() => window.kept), true, 'the page was not loaded again');
    assert.deepEqual(await look(page, bob.user), before);
    await bob.beat(session, { status: 'away' });
    await sees(page, bob.user, 'away');
    assert.deepEqual(page.errors, []);
  });

  it('a dot whose user is taken off is unknown, and then shows what the page says', async (ann, bob) => {
    await bob.join();
    const page = await at(ann, `<rollcall-dot user="${bob.user}"></rollcall-dot>`);
    await sees(page, bob.user, 'active');
    const dot = page.locator('rollcall-dot');
    await dot.evaluate(element => element.removeAttribute('user'));
    const { status, label, title } = await dot.evaluate(seen);
    assert.deepEqual([status, label, title], ['unknown', 'unknown', 'Unknown']);
    await dot.evaluate(element => element.setAttribute('status', 'away'));
    assert.deepEqual((await dot.evaluate(seen)).title, 'Away');
    await dot.evaluate((element, user) => {
      element.user = user;
    }, bob.user);
    await sees(page, bob.user, 'active');
    for (const wrong of ['busy', '']) {
      await dot.evaluate((element, value) => {
        element.user = null;
        element.setAttribute('status', value);
      }, wrong);
      assert.doesNotMatch((await dot.evaluate(seen)).title, /undefined|null/);
    }
    assert.deepEqual(page.errors, []);
  });

  await Promise.all(tests);
});

test('places', { concurrency: 4 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, run));

  it('a dot has the session around it, through shadow roots and slots, open or closed', async () => {
    const [ann] = await site.stack.room(1);
    const [zoe] = await site.stack.room(1);
    const token = site.stack.tokens.get(zoe.user);
    const page = await at(ann, '');
    await page.evaluate(([workspace, secret]) => {
      const second = document.querySelector('rollcall-session').cloneNode();
      Object.assign(second, { id: 'second', workspace, token: secret });
      document.body.append(second);
    }, [zoe.ws, token]);
    const found = await page.evaluate(async () => {
      const make = (tag, ...content) => {
        const element = document.createElement(tag);
        element.append(...content);
        return element;
      };
      const within = (mode, ...content) => {
        const host = make('div');
        host.attachShadow({ mode }).append(...content);
        return host;
      };
      const dots = {};
      const dot = name => (dots[name] = make('rollcall-dot'));
      const slotted = mode => {
        const host = within(mode, make('p', make('slot')));
        host.append(dot(`slotted, ${mode}`));
        return host;
      };
      const second = document.querySelector('#second');
      second.append(
        within('open', dot('open')),
        within('closed', within('closed', dot('nested'))),
        slotted('open'),
        slotted('closed'),
      );
      // The session may be in the component, around the slot.
      for (const mode of ['open', 'closed']) {
        const around = second.cloneNode();
        around.append(make('slot'));
        const host = within(mode, around);
        host.append(dot(`around the slot, ${mode}`));
        document.body.append(host);
      }
      document.body.append(within('open', dot('outside')));
      await new Promise(done => setTimeout(done, 50));
      return Object.entries(dots).map(([name, { rollcall }]) => [name, rollcall?.workspace]);
    });
    assert.equal(found.length, 7);
    for (const [name, workspace] of found) assert.equal(workspace, name === 'outside' ? ann.ws : zoe.ws, name);
    assert.deepEqual(page.errors, []);
  });

  it('dots follow the session that is there, whichever comes and goes first', async () => {
    const [ann, bob] = await site.stack.room(2);
    const { session } = await bob.join();
    const watcher = await bob.follow();
    const page = await at(ann, `<rollcall-dot user="${bob.user}"></rollcall-dot>`);
    await sees(page, bob.user, 'active');
    for (const status of ['away', 'active']) {
      await page.evaluate(ms => {
        const old = document.querySelector('rollcall-session');
        const next = old.cloneNode();
        document.body.append(next);
        return new Promise(done =>
          setTimeout(() => {
            old.remove();
            done();
          }, ms),
        );
      }, status === 'away' ? 300 : 0);
      await bob.beat(session, { status });
      await sees(page, bob.user, status);
    }
    await page.evaluate(() => document.querySelector('rollcall-session').remove());
    await sees(page, bob.user, 'unknown');
    await page.evaluate(html => document.body.insertAdjacentHTML('beforeend', html), site.session(ann));
    await sees(page, bob.user, 'active');
    // The page still has the same clients.
    await page.evaluate(async ([workspace, token]) => {
      const { Rollcall } = await import('/rollcall.js');
      window.one = Rollcall.connect({ workspace, token });
      window.two = Rollcall.connect({ workspace, token });
      document.querySelector('rollcall-session').remove();
      window.two.close();
    }, [ann.ws, site.stack.tokens.get(ann.user)]);
    await bob.beat(session, { status: 'away' });
    await sees(page, bob.user, 'away');
    assert.deepEqual(watcher.told(ann.user), ['active'], 'others see nothing of it');
    await watcher.stop();
    assert.deepEqual(page.errors, []);
  });

  it('what is moved to another document is styled and live there, and back', async () => {
    const [ann, bob] = await site.stack.room(2);
    const { session } = await bob.join();
    const page = await at(
      ann,
      `<div id="panel"><rollcall-dot user="${bob.user}"></rollcall-dot><rollcall-members></rollcall-members></div>
<iframe></iframe>`,
    );
    await sees(page, bob.user, 'active');
    const item = '[part=item]';
    await until(() => page.locator(`rollcall-members ${item}`).count(), 'the list is there');
    const measure = () =>
      page.evaluate(selector => {
        const { panel } = window;
        const dots = [panel.firstElementChild, panel.lastElementChild.shadowRoot.querySelector('rollcall-dot')];
        const row = panel.lastElementChild.shadowRoot.querySelector(selector);
        return {
          sizes: dots.map(dot => dot.getBoundingClientRect().width),
          color: panel.ownerDocument.defaultView.getComputedStyle(dots[0]).color,
          status: dots[0].getAttribute('status'),
          position: panel.ownerDocument.defaultView.getComputedStyle(row).position,
        };
      }, item);
    await page.evaluate(() => {
      window.panel = document.querySelector('#panel');
    });
    const before = await measure();
    assert.ok(before.sizes.every(size => size > 5), JSON.stringify(before));
    for (const place of ['frame', 'window', 'nowhere', 'page']) {
      await page.evaluate(where => {
        const { panel } = window;
        if (where === 'frame') document.querySelector('iframe').contentDocument.body.append(panel);
        if (where === 'window') {
          window.other = window.open('', '', 'width=300,height=300');
          window.other.document.body.append(panel);
        }
        if (where === 'nowhere') document.implementation.createHTMLDocument().body.append(panel);
        if (where === 'page') document.body.prepend(panel);
      }, place);
      if (place === 'nowhere') continue;
      const status = place === 'frame' ? 'away' : 'active';
      await bob.beat(session, { status });
      await until(async () => (await measure()).status === status, `it is live in the ${place}`);
      const now = await measure();
      assert.deepEqual([now.sizes, now.position], [before.sizes, before.position], place);
      if (status === 'active') assert.equal(now.color, before.color);
    }
    assert.deepEqual(page.errors, []);
  });

  await Promise.all(tests);
});
