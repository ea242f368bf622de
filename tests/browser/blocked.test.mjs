// SPDX-License-Identifier: ISC
// Browsers that keep things from a page: site data that is blocked, and pages that were loaded but never shown.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { makeDirectory } from '../lib/child.mjs';
import { pause, until } from '../lib/until.mjs';
import { chromiumFlags, chromiumPath, open, own, sees, startSite, visit } from './lib/site.mjs';

let site, browser, puppets;
before(async () => {
  site = await startSite();
  browser = await site.browser();
  // Playwright allows no prerendering.
  puppets = await puppeteer.launch({
    executablePath: chromiumPath,
    args: [...chromiumFlags, '--host-resolver-rules=MAP plain.test 127.0.0.1'].filter(flag => !/background/.test(flag)),
  });
});
after(async () => {
  await puppets.close();
  await site.stop();
});

test('site data is blocked: each tab is a session of its own, and live', async () => {
  const [ann, bob] = await site.stack.room(2);
  await bob.join();
  const profile = makeDirectory();
  mkdirSync(join(profile, 'Default'));
  const blocked = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(blocked));
  const context = await site.browser({ profile });
  const page = await open(context, site.page(ann, { dots: [bob.user] }));
  const refused = await page.evaluate(async () => {
    const name = error => error.name;
    return [await navigator.locks.request('x', () => 'granted').catch(name), (() => {
      try {
        return localStorage.length;
      } catch (error) {
        return error.name;
      }
    })()];
  });
  assert.deepEqual(refused, ['SecurityError', 'SecurityError'], 'it is blocked');
  await sees(page, bob.user, 'active');
  const second = await open(context, site.page(ann, { dots: [bob.user] }));
  await sees(second, bob.user, 'active');
  assert.deepEqual([(await own(page)).state, (await own(page)).leader, (await own(second)).leader], ['live', true, true]);
  assert.equal((await bob.sessionsOf(ann.user)).length, 2);
  await page.close();
  await pause(6500); // the first one's goodbye is over
  assert.equal((await bob.sees(ann.user))[ann.user], 'active');
  assert.deepEqual([...page.errors, ...second.errors], []);
  await second.close();
});

/* Each of what a browser may do without; they run in the page before anything else. */
const lacks = {
  'BroadcastChannel throws': () => {
    window.BroadcastChannel = class {
      constructor() {
        throw new DOMException('no', 'SecurityError');
      }
    };
  },
  'there is no BroadcastChannel': () => {
    delete window.BroadcastChannel;
  },
  'locks throw': () => {
    LockManager.prototype.request = () => {
      throw new DOMException('no', 'SecurityError');
    };
  },
  'storage throws': () => {
    for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('no', 'SecurityError');
        },
      });
  },
  'dots have no custom states': () => {
    Object.defineProperty(ElementInternals.prototype, 'states', { value: undefined });
  },
};
for (const [name, lack] of Object.entries(lacks)) {
  test(`${name}: a page is still live`, async () => {
    const [ann, bob] = await site.stack.room(2);
    await bob.join();
    const page = await visit(browser, 'about:blank');
    await page.addInitScript(lack);
    await page.goto(site.page(ann, { dots: [bob.user] }));
    await sees(page, bob.user, 'active');
    assert.equal((await own(page)).state, 'live');
    assert.deepEqual(page.errors, []);
  });
}

for (const [name, host] of [
  ['plain http', 'plain.test'],
  ['localhost', '127.0.0.1'],
]) {
  test(`a page that is prerendered says nothing before it is shown: ${name}`, async () => {
    const [ann, bob] = await site.stack.room(2);
    await bob.join();
    const watcher = await bob.follow();
    const at = address => address.replace('127.0.0.1', host);
    site.write(
      'shown.html',
      `<p>Bob <rollcall-dot user="${bob.user}"></rollcall-dot></p>${site.session(ann, 'hide-after="0"')}
<script type="module">
  import './rollcall.js';
  const wasPrerendered = document.prerendering, dot = document.querySelector('rollcall-dot');
  const say = () => fetch(\`/${host}-\${wasPrerendered}-\${dot.getAttribute('status')}.svg\`);
  new MutationObserver(say).observe(dot, { attributes: true });
  fetch('/started-${host}.svg');
</script>`,
    );
    const first = site.write(
      'first.html',
      `<script type="speculationrules">{"prerender": [{"urls": ["/shown.html"], "eagerness": "immediate"}]}</script>
<a href="/shown.html">Next</a>`,
    );
    const page = await puppets.newPage();
    await page.goto(at(first));
    await until(() => site.wasAsked(`/started-${host}.svg`), 'the page is prerendered');
    await pause(2500);
    assert.deepEqual(watcher.told(ann.user), [], 'nobody has heard of it');
    await page.click('a');
    await watcher.saw(ann.user, 'active');
    // The page says so itself: drivers lose a page that takes the place of another in this way.
    await until(() => site.wasAsked(`/${host}-true-active.svg`), 'the page, which was prerendered, is live');
    assert.deepEqual(watcher.told(ann.user), ['active'], 'and was never away');
    await watcher.stop();
  });
}
